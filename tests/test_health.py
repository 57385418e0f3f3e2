import pytest
from django.db import OperationalError, connection


@pytest.mark.django_db
def test_healthy(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_a_probe_by_plain_http_is_not_redirected(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/admin/").status_code == 301


def test_without_a_database_it_says_so(client, monkeypatch):
    def unreachable():
        raise OperationalError("connection refused by db.internal")

    monkeypatch.setattr(connection, "cursor", unreachable)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert b"db.internal" not in answer.content
