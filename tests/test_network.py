import socket

import pytest
import requests


def test_another_machine_cannot_be_reached_by_address():
    with socket.socket() as connection, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        connection.connect(("192.0.2.1", 80))


def test_another_machine_cannot_be_reached_by_name():
    with pytest.raises(pytest.fail.Exception, match=r"api\.github\.com"):
        requests.get("https://api.github.com/", timeout=1)


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
