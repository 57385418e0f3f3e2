"""Selecting rows by keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from django.db import models

from .cursors import cursor, is_sqlite
from .values import Row, converted, name

Key = tuple[Any, ...]


@cache
def quoted(model: type[models.Model]) -> str:
    return name(model._meta.db_table)


def key_table(keys: Iterable[Key], **columns: str) -> tuple[str, list[Any]]:
    """A table `k` of the given keys to join with: `k(team_id, number, ...)`, types in PostgreSQL's words.

    One parameter a column however many keys: the statement's text stays the same, and neither database's
    limit on parameters (65,535 and 32,766) is ever met. A single key is a row of values, which take the
    driver and the planner less than arrays.
    """
    rows = list(keys)
    if is_sqlite():
        fields = ", ".join(f"json_extract(value, '$[{i}]') AS {name}" for i, name in enumerate(columns))
        return f"(SELECT {fields} FROM json_each(%s)) k", [json.dumps(rows)]
    if len(rows) == 1:
        row = ", ".join(f"%s::{kind}" for kind in columns.values())
        return f"(VALUES ({row})) AS k({', '.join(columns)})", list(rows[0])
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    values = [[row[i] for row in rows] for i in range(len(columns))]
    return f"unnest({arrays}) AS k({', '.join(columns)})", values


def select(
    model: type[models.Model],
    columns: Sequence[str],
    rest: str,
    params: Sequence[Any],
    *more: tuple[str, Sequence[Any]],
) -> Iterator[Row]:
    """Rows of `SELECT <columns of model AS t> <rest>` as Python values, read lazily where the driver does.

    `more`: rests and their parameters whose rows follow, in the same statement.
    """
    names = _as_t(tuple(columns))
    statement = " UNION ALL ".join(f"SELECT {names} {part}" for part in (rest, *(part for part, _ in more)))
    with cursor() as found:
        found.execute(statement, [*params, *(value for _, values in more for value in values)])
        while rows := found.fetchmany(1000):
            yield from converted(model, columns, rows)


@cache
def _as_t(columns: tuple[str, ...]) -> str:
    return ", ".join(f"t.{name(column)}" for column in columns)
