import pytest

from ingest.github import client as client_module


@pytest.fixture(autouse=True)
def no_backoff(monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_BACKOFF", 0.0)
