"""System checks of the log. `manage.py check --database default` runs them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

_migrating = ContextVar("migrating", default=False)


@contextmanager
def migrating() -> Iterator[None]:
    """Inside, a missing trigger is no error: `migrate` checks first and installs afterwards, and a newer
    version may know triggers that an older one did not install.
    """
    token = _migrating.set(True)
    try:
        yield
    finally:
        _migrating.reset(token)


@register(Tags.database)
def log_is_guarded(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """E101: a trigger that makes the log append-only is missing."""
    from ingest.log import triggers
    from ingest.models import RawGitHubEvent

    if _migrating.get() or not databases or "default" not in databases:
        return []
    if RawGitHubEvent._meta.db_table not in connection.introspection.table_names():
        return []
    missing = triggers.missing()
    if not missing:
        return []
    text = f"the log can be changed: missing triggers {', '.join(missing)}"
    return [Error(text, hint="run `manage.py migrate`, which installs them", id="tformance.E101")]
