"""The database that tests run on: a file with SQLite, so that threads and other processes reach it too."""

import fcntl
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO

import pytest
from django.conf import settings

VAR = Path(settings.BASE_DIR) / "var"


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
