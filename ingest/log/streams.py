"""Streams: making, locking and counting them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from apps import sql
from ingest.models import Stream

StreamKey = tuple[int, int, int]
COLUMNS = ("team_id", "repository_id", "number")
KINDS = {"team_id": "bigint", "repository_id": "bigint", "number": "integer"}
ON_KEY = "t.team_id = k.team_id AND t.repository_id = k.repository_id AND t.number = k.number"


class Counts(NamedTuple):
    """A stream's row as it was read."""

    id: int
    events: int
    applied: int
    bytes: int
    version: int
    rereads: int

    @property
    def is_applied(self) -> bool:
        return self.events <= self.applied


class Growth(NamedTuple):
    """By how much a stream's counts move."""

    events: int
    applied: int
    bytes: int


def make(keys: Iterable[StreamKey]) -> None:
    """Insert the rows that are absent, in key order."""
    rows = [(*key, 0, 0, 0, 0) for key in sorted(keys)]
    sql.upsert(Stream, (*COLUMNS, "events", "applied", "bytes", "version"), rows, key=COLUMNS)


def hold(keys: Iterable[StreamKey]) -> dict[StreamKey, Counts]:
    """The streams' rows, made where absent and locked."""
    wanted = set(keys)
    make(wanted)
    while len(found := lock(wanted)) < len(wanted):
        # A purge deleted a row between the two statements: events without it would be counted nowhere.
        make(wanted)
    return found


def lock(keys: Iterable[StreamKey], *, skip_locked: bool = False) -> dict[StreamKey, Counts]:
    """The streams' rows, held until the end of the transaction. Locked in key order, so that nobody waits
    in a circle.

    With `skip_locked`, those that somebody else holds are left out (PostgreSQL).
    """
    return _read(keys, f" ORDER BY t.team_id, t.repository_id, t.number{_for_update(skip_locked)}")


def counts(keys: Iterable[StreamKey]) -> dict[StreamKey, Counts]:
    """The streams' rows as they are now, not held."""
    return _read(keys, "")


def _read(keys: Iterable[StreamKey], end: str) -> dict[StreamKey, Counts]:
    table, params = sql.key_table(sorted(keys), **KINDS)
    rest = f"FROM {sql.quoted(Stream)} t JOIN {table} ON {ON_KEY}{end}"
    rows = sql.select(Stream, (*COLUMNS, *Counts._fields), rest, params)
    return {row[:3]: Counts(*row[3:]) for row in rows}


def _for_update(skip_locked: bool) -> str:
    if sql.is_sqlite():
        return ""
    return " FOR UPDATE OF t" + (" SKIP LOCKED" if skip_locked else "")


def grow(by: Mapping[StreamKey, Growth]) -> None:
    """Raise the counts. The caller holds the locks."""
    _update("events = t.events + {0}, applied = t.applied + {1}, bytes = t.bytes + {2}", "bigint", by)


def set_applied(to: Mapping[StreamKey, tuple[int, int]]) -> None:
    """Say how many events the rows are made from, and by which version. The caller holds the locks."""
    _update("applied = {0}, version = {1}", "bigint", to)


def reread(keys: Iterable[StreamKey]) -> None:
    """Events were moved in or out: all of these streams are pending, an emptied one too. The caller holds
    the locks.
    """
    _update("applied = {0}, rereads = t.rereads + 1", "bigint", dict.fromkeys(keys, (-1,)))


def _update(action: str, kind: str, values: Mapping[StreamKey, Sequence[int]]) -> None:
    if not values:
        return
    table = sql.quoted(Stream)
    rows = [(*value, *key) for key, value in sorted(values.items())]
    width = len(rows[0]) - len(COLUMNS)
    where = "team_id = {} AND repository_id = {} AND number = {}"
    with sql.cursor() as cursor:
        if sql.is_sqlite():
            what = action.format(*["%s"] * width).replace("t.", "")
            cursor.executemany(f"UPDATE {table} SET {what} WHERE {where.format('%s', '%s', '%s')}", rows)
            return
        names = [f"v{i}" for i in range(width)]
        kinds = dict.fromkeys(names, kind) | KINDS
        given, params = sql.key_table(rows, **kinds)
        what = action.format(*[f"k.{name}" for name in names])
        cursor.execute(f"UPDATE {table} t SET {what} FROM {given} WHERE {ON_KEY}", params)
