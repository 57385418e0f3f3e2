import socket

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from kombu.connection import Connection

from tformance import health


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


@pytest.mark.django_db
def test_ready(client):
    answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_not_ready_before_it_is_migrated(client):
    MigrationRecorder.Migration.objects.filter(app="ingest").delete()
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert "migrations are not applied" in answer.json()["status"]


@pytest.mark.django_db
def test_not_ready_without_a_broker(client, settings, monkeypatch):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    monkeypatch.setattr(health, "BROKER_SECONDS", 0.2)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"redis://:hidden@127.0.0.1:{nobody.getsockname()[1]}/0"
        monkeypatch.setattr(
            health.current_app._get_current_object(),
            "connection_for_write",
            lambda **options: Connection(address, **options),
        )
        answer = client.get("/healthz/ready")
    assert (answer.status_code, answer.json()) == (503, {"status": "broker unreachable"})


@pytest.mark.django_db
def test_ready_with_a_broker(client, settings, monkeypatch):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    monkeypatch.setattr(
        health.current_app._get_current_object(),
        "connection_for_write",
        lambda **o: Connection("memory://", **o),
    )
    assert client.get("/healthz/ready").status_code == 200


def test_without_a_database_it_is_not_ready(client, monkeypatch):
    def unreachable(*arguments):
        raise OperationalError("connection refused by db.internal")

    monkeypatch.setattr(health, "MigrationExecutor", unreachable)
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert b"db.internal" not in answer.content
