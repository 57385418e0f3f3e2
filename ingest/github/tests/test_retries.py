"""What passes by itself is asked again, a few times, each time later."""

import socket
import threading

import pytest

from ingest.github.errors import (
    NotFoundOrNoPermission,
    RateLimited,
    Truncated,
    Unavailable,
    Unreachable,
)
from ingest.github.tests.server import Reply, serving


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_errors_pass(make_client, naps, status):
    with serving({"/user": [Reply(status), Reply(status), Reply(body=b"{}")]}) as server:
        assert make_client(server.url).get("/user").body == b"{}"

    assert naps == [1.0, 2.0]


def test_attempts_end(make_client, naps):
    with serving({"/user": [Reply(502)]}) as server, pytest.raises(Unavailable) as caught:
        make_client(server.url).get("/user")

    assert len(server.asked) == 5
    assert naps == [1.0, 2.0, 4.0, 8.0]
    assert caught.value.status == 502


def test_jitter_is_full(make_client, naps):
    with serving({"/user": [Reply(502)]}) as server, pytest.raises(Unavailable):
        make_client(server.url, jitter=lambda: 0.25).get("/user")

    assert naps == [0.25, 0.5, 1.0, 2.0]


def test_dropped_connection_passes(make_client):
    with serving({"/user": [Reply(hang_up=True), Reply(body=b"{}")]}) as server:
        assert make_client(server.url).get("/user").body == b"{}"


def test_dropped_connections_end(make_client):
    with (
        serving({"/user": [Reply(hang_up=True)]}) as server,
        pytest.raises(Unreachable, match="closed connection without response"),
    ):
        make_client(server.url).get("/user")

    assert len(server.asked) == 5


def test_body_shorter_than_its_length_passes(make_client):
    cut = Reply(body=b"[]", content_length=4000)
    with serving({"/list": [cut, Reply(body=b"[1]")]}) as server:
        assert make_client(server.url).get("/list").body == b"[1]"


def test_bodies_shorter_than_their_length_end(make_client):
    # The two bytes that came are whole JSON: only the length tells that the rest is missing.
    with (
        serving({"/list": [Reply(body=b"[]", content_length=4000)]}) as server,
        pytest.raises(Truncated, match="broke off"),
    ):
        make_client(server.url).get("/list")

    assert len(server.asked) == 5


def test_broken_compression_is_a_cut_body(make_client):
    with (
        serving({"/list": [Reply(body=b"no gzip", headers={"Content-Encoding": "gzip"})]}) as server,
        pytest.raises(Truncated),
    ):
        make_client(server.url).get("/list")


def test_silence_is_unreachable(make_client):
    released = threading.Event()
    with serving({"/user": [Reply(wait_for=released)]}) as server:
        with pytest.raises(Unreachable, match="did not answer"):
            make_client(server.url, timeout=(1.0, 0.05)).get("/user")
        released.set()

    assert len(server.asked) == 5


def test_closed_port_is_unreachable(make_client, naps):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable, match="Connection refused") as caught:
            make_client(f"http://127.0.0.1:{unused.getsockname()[1]}").get("/user")

    assert caught.value.status is None
    assert len(naps) == 4


def test_server_without_tls_is_unreachable(make_client):
    with serving({}) as server, pytest.raises(Unreachable, match="SSL"):
        make_client(server.url.replace("http:", "https:")).get("/user")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404), NotFoundOrNoPermission),
        (Reply(429), RateLimited),
        (Reply(403, headers={"Retry-After": "1"}), RateLimited),
    ],
)
def test_refusals_are_not_asked_again(make_client, naps, reply, error):
    with serving({"/user": [reply]}) as server, pytest.raises(error):
        make_client(server.url).get("/user")

    assert len(server.asked) == 1
    assert naps == []


def test_a_page_already_read_is_not_read_again(make_client):
    with serving({}) as server:
        link = {"Link": f'<{server.url}/list?page=2>; rel="next"'}
        server.script["/list?per_page=100"] = [Reply(headers=link)]
        server.script["/list?page=2"] = [Reply(502), Reply(body=b"[2]")]
        assert [page.body for page in make_client(server.url).pages("/list")] == [b"[]", b"[2]"]

    assert [asked.path for asked in server.asked] == ["/list?per_page=100", "/list?page=2", "/list?page=2"]
