"""How many examples a law is tried with, and how each leaves the database as it was."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import connection, transaction
from hypothesis import settings


def examples(most: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorates a test, above `given`. Order is decided in Python, the same on both databases: on PostgreSQL,
    whose round trips take longer, a third of the examples try the statements.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        number = most // 3 if connection.vendor == "postgresql" else most
        decorated: Callable[..., None] = settings(max_examples=number, deadline=None)(test)
        return decorated

    return decorate


def undone(example: Callable[..., None]) -> Callable[..., None]:
    """Decorates a test, below `given`: what an example wrote is gone afterwards. Else each replay over all
    teams folds the examples before it again.
    """

    @wraps(example)
    def run(*args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            example(*args, **kwargs)
            transaction.set_rollback(True)

    return run
