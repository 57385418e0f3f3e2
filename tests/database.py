"""The database that tests run on: a file with SQLite, so that threads and other processes reach it too."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import IO
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from ingest.log.gate import open_gate
from ingest.log.triggers import guarded

VAR = Path(settings.BASE_DIR) / "var"
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}


def take_slot() -> tuple[int, IO[str]]:
    """The first number that no other test process holds; it is held until the file is closed."""
    for number in count():
        lock = (VAR / f"test-{number}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return number, lock
    raise AssertionError("count() does not end")


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> Iterator[None]:
    """Two test runs at once, or two xdist workers, would otherwise drop each other's database."""
    VAR.mkdir(exist_ok=True)
    number, lock = take_slot()
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        name = str(VAR / f"test-{number}.sqlite3")
    else:
        name = f"test_{database['NAME']}_{number}"
    database.setdefault("TEST", {})["NAME"] = name
    yield
    lock.close()


@pytest.fixture(scope="session", autouse=True)
def flush_through_the_gate() -> Iterator[None]:
    """A test that commits is cleaned up after by a flush, which the log's triggers would refuse."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def flush_with_open_gate(case: TransactionTestCase) -> None:
        with open_gate("flush after a test"):
            if connection.vendor == "sqlite":
                # SQLite's gate is a row, which the flush deletes too, perhaps before it comes to the log.
                for model in guarded():
                    model._base_manager.all()._raw_delete(connection.alias)
            flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_with_open_gate)
        yield


@pytest.fixture
def database_url(django_db_setup: None) -> str:
    """The test database for another process, which sees what `django_db(transaction=True)` commits."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    if values["HOST"].startswith("/"):  # the folder of a Unix socket
        return f"postgres://{values['USER']}@/{values['HOST']}/{values['NAME']}"
    login = f"{quote(values['USER'])}:{quote(values['PASSWORD'])}"
    return f"postgres://{login}@{values['HOST']}:{values['PORT'] or 5432}/{values['NAME']}"


@pytest.fixture
def run_manage(database_url: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `manage.py` in a process of its own on the test database."""

    def run(*arguments: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": database_url} | environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With TESTS=database those that ask none are left out: on a second database they would say the same."""
    if os.environ.get("TESTS") != "database":
        return
    asking = [item for item in items if _asks_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(asking)])
    items[:] = asking


def _asks_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)
