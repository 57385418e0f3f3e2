"""Where the events with a processor are in the log: what follows SELECT in statements over them, as `t`.

A repository's own stream (number 0) may hold a million checks and pushes among a few events with a processor.
These have an index of their own, `ingest_event_repository`; other streams are read by the stream's index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from apps import sql
from ingest.log.streams import KINDS, ON_KEY, StreamKey
from ingest.models import RawGitHubEvent
from ingest.routing import HANDLED


class Rest(NamedTuple):
    """FROM and WHERE of a statement, and their parameters."""

    text: str
    params: list[Any]


def of_streams(keys: Iterable[tuple[Any, ...]], **more: str) -> list[Rest]:
    """Of many streams, joined with their keys `k`. `more`: columns of `k` behind the three of a key."""
    rows = sorted(keys)
    found = []
    if numbered := [row for row in rows if row[2]]:
        table, params = sql.key_table(numbered, **KINDS, **more)
        text = f"FROM {table} JOIN {_events()} t ON {ON_KEY} WHERE {_of_any_type()}"
        found.append(Rest(text, [*params, *HANDLED]))
    if own := [row for row in rows if not row[2]]:
        table, params = sql.key_table(own, **KINDS, **more)
        join = f"CROSS JOIN {_indexed()}" if sql.is_sqlite() else f"JOIN {_indexed()}"
        place = "t.team_id = k.team_id AND t.repository_id = k.repository_id"
        text = f"FROM {table} {join} ON {place} WHERE {_of_one_type()}"
        found += [Rest(text, [*params, event_type]) for event_type in HANDLED]
    return found


def of_stream(key: StreamKey) -> list[Rest]:
    """Of one stream; each of them can be read in the order of ids by its index."""
    if key[2]:
        text = f"FROM {_events()} t WHERE t.team_id = %s AND t.repository_id = %s AND t.number = %s"
        return [Rest(f"{text} AND {_of_any_type()}", [*key, *HANDLED])]
    return [of_type(*key[:2], event_type) for event_type in HANDLED]


def of_type(team_id: int, repository_id: int, event_type: str) -> Rest:
    """Those of one type in a repository's own stream; they can be read in the order of ids."""
    text = f"FROM {_indexed()} WHERE t.team_id = %s AND t.repository_id = %s AND {_of_one_type()}"
    return Rest(text, [team_id, repository_id, event_type])


def _events() -> str:
    return sql.quoted(RawGitHubEvent)


def _indexed() -> str:
    return f"{_events()} t" + (" INDEXED BY ingest_event_repository" if sql.is_sqlite() else "")


def _of_any_type() -> str:
    # No plain column, so that no index of types is followed in place of the stream's.
    return f"t.event_type || '' IN ({', '.join(['%s'] * len(HANDLED))})"


def _of_one_type() -> str:
    """Of a repository's own stream. The 0 is no parameter: the index's condition would not follow from it.

    Type by type: of several at once PostgreSQL takes those of pull requests' streams for events of this one,
    and goes through all events in the order of ids until it has a page.
    """
    return "t.number = 0 AND t.event_type = %s"
