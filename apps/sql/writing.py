"""Writing many rows by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any

from django.db import models

from .cursors import cursor, is_sqlite
from .reading import quoted
from .values import Row, kinds, name, prepared

# From so many rows on, COPY into a temporary table is faster than parameters (docs/performance.md).
COPY_FROM = 20

# Each use has a table of its own, gone with the transaction: psycopg forgets all that it prepared whenever a
# table is dropped, and a worker's next statements were all planned again.
_uses = count()


def upsert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    key: Sequence[str] = (),
    update: Sequence[str] = (),
    newer: Sequence[str] = (),
    returning: Sequence[str] = (),
) -> list[Row]:
    """Insert the rows, or where `key` is there already set the columns `update`: one statement for all rows.

    Without `key` it is a plain insert. Without `update`, rows whose key exists are left as they are; with
    `newer` those that have more there. Gives the columns `returning` of the rows that were written, as the
    driver has them, and on SQLite it is a statement for each row then.
    """
    if not rows:
        return []
    end = _end(model, tuple(key), tuple(update), tuple(newer), tuple(returning))
    values = prepared(model, columns, rows)
    with cursor() as database:
        if not is_sqlite():
            source, params = _given(model, columns, values)
            database.execute(f"{_into(model, tuple(columns))} FROM {source} {end}", params)
            return database.fetchall() if returning else []
        statement = f"{_into(model, tuple(columns), given=True)} {end}"
        if not returning:
            database.executemany(statement, values)
            return []
        written: list[Row] = []
        for row in values:
            database.execute(statement, row)
            written += database.fetchall()
        return written


@cache
def _into(model: type[models.Model], columns: tuple[str, ...], given: bool = False) -> str:
    names = _names(columns)
    source = f"VALUES ({', '.join(['%s'] * len(columns))})" if given else f"SELECT {names}"
    return f"INSERT INTO {quoted(model)} ({names}) {source}"


@cache
def _end(
    model: type[models.Model],
    key: tuple[str, ...],
    update: tuple[str, ...],
    newer: tuple[str, ...],
    returning: tuple[str, ...],
) -> str:
    parts = []
    if key:
        action = ", ".join(f"{name(column)} = excluded.{name(column)}" for column in update)
        parts.append(f"ON CONFLICT ({_names(key)}) DO {f'UPDATE SET {action}' if update else 'NOTHING'}")
    if newer:
        mine, given = (
            ", ".join(f"{table}.{name(column)}" for column in newer) for table in (quoted(model), "excluded")
        )
        parts.append(f"WHERE ({mine}) <= ({given})")
    if returning:
        parts.append(f"RETURNING {_names(returning)}")
    return " ".join(parts)


def insert_returning(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]
) -> list[tuple[int, int]]:
    """PostgreSQL: insert in the given order, rows that meet any unique constraint left out.

    Returns (place among the rows, id) of those that went in. Inside a transaction.
    """
    names = _names(tuple(columns))
    sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
    values = prepared(model, columns, rows)
    copied = len(rows) >= COPY_FROM
    with cursor() as database:
        if copied:
            given = _copied(database, model, columns, values)
            params: list[Any] = []
        else:
            given, params = _given(model, columns, values, ordinal=True)
        # RETURNING can't name columns of the source, so the ids are drawn with the places first.
        database.execute(
            f"WITH given AS MATERIALIZED (SELECT nextval({sequence}) AS id, g.* FROM {given} "
            "ORDER BY ordinal), "
            f"done AS (INSERT INTO {quoted(model)} (id, {names}) OVERRIDING SYSTEM VALUE "
            f"SELECT id, {names} FROM given ON CONFLICT DO NOTHING RETURNING id) "
            "SELECT given.ordinal, done.id FROM done JOIN given ON given.id = done.id ORDER BY 1",
            params,
        )
        found = database.fetchall()
    return [(ordinal - 1, event_id) for ordinal, event_id in found]


def _copied(
    database: Any, model: type[models.Model], columns: Sequence[str], values: Sequence[Sequence[Any]]
) -> str:
    """The rows as a temporary table `g`, filled by COPY."""
    types = kinds(model, columns)
    # What is JSON is text here already: as jsonb it would become one string.
    plain = ["text" if kind == "jsonb" else kind for kind in types]
    names = [name(column) for column in columns]
    fields = ", ".join(f"{name} {kind}" for name, kind in zip(names, plain, strict=True))
    table = f"given_{next(_uses)}"
    database.execute(f"CREATE TEMPORARY TABLE {table} (ordinal bigint, {fields}) ON COMMIT DROP")
    with database.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["bigint", *plain])
        for i, row in enumerate(values, 1):
            copy.write_row((i, *row))
    cast = ", ".join(f"{name}::{kind} AS {name}" for name, kind in zip(names, types, strict=True))
    return f"(SELECT ordinal, {cast} FROM {table}) g"


def _given(
    model: type[models.Model],
    columns: Sequence[str],
    values: Sequence[Sequence[Any]],
    *,
    ordinal: bool = False,
) -> tuple[str, list[Any]]:
    """The rows as a table `g` of arrays, one parameter a column; a single row as its values, which take the
    driver and the planner less.
    """
    names = _names(tuple(columns))
    if len(values) == 1:
        row = f"VALUES ({placeholders(model, columns)}{', 1' if ordinal else ''})"
        return f"({row}) AS g({names}{', ordinal' if ordinal else ''})", list(values[0])
    turned = [list(column) for column in zip(*values, strict=True)]
    arrays = _arrays(model, tuple(columns))
    if ordinal:
        return f"unnest({arrays}) WITH ORDINALITY AS g({names}, ordinal)", turned
    return f"unnest({arrays}) AS g({names})", turned


@cache
def _arrays(model: type[models.Model], columns: tuple[str, ...]) -> str:
    types = kinds(model, columns)
    return ", ".join("%s::text[]::jsonb[]" if kind == "jsonb" else f"%s::{kind}[]" for kind in types)


def placeholders(model: type[models.Model], columns: Sequence[str]) -> str:
    """PostgreSQL: a parameter for each column, of the column's type, for the list of a SELECT or a row."""
    return _placeholders(model, tuple(columns))


@cache
def _placeholders(model: type[models.Model], columns: tuple[str, ...]) -> str:
    return ", ".join(f"%s::{kind}" for kind in kinds(model, columns))


@cache
def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(map(name, columns))
