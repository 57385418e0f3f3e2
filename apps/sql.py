"""What differs between SQLite and PostgreSQL, in one place.

Rows travel as tuples of Python values. `select` gives back what Django's own converters make of a column,
so a datetime is an aware datetime and a decimal a Decimal on both databases.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import Col

# Statements about more keys than this are planned each time.
FEW = 10

# From so many rows on, COPY into a temporary table is faster than parameters (docs/performance.md).
COPY_FROM = 20

Row = tuple[Any, ...]
Key = tuple[Any, ...]


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


@contextmanager
def cursor() -> Iterator[Any]:
    """For statements whose text stays the same: PostgreSQL plans them once for each connection.

    Django's own cursors put the parameters into the text, so that each statement is another one: planning
    took longer than running (docs/performance.md).
    """
    if is_sqlite():
        with connection.cursor() as plain:
            yield plain
        return
    with connection.cursor() as django, _prepared_statements()(django.connection) as raw:
        yield connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)


@cache
def _prepared_statements() -> Any:
    import psycopg
    from psycopg.types.array import ListBinaryDumper
    from psycopg.types.numeric import Int8BinaryDumper

    class Cursor(psycopg.Cursor[Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # By default the type of an integer depends on its size, and that of the statement on theirs.
            self.adapters.register_dumper(int, Int8BinaryDumper)
            # As text each element is looked through for what must be escaped.
            self.adapters.register_dumper(list, ListBinaryDumper)

        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            # A kept plan is of the time when it was made: of a small table, of which it reads all. For a few
            # keys that is soon put right by autovacuum; for a chunk it would cost more than planning anew.
            many = any(isinstance(value, list) and len(value) > FEW for value in params or ())
            return super().execute(query, params, **({"prepare": False} if many else {}) | options)

    return Cursor


def without_jit(connection: Any, **kwargs: Any) -> None:
    """For the signal of a new connection. PostgreSQL took seconds to compile queries that take milliseconds,
    since it overestimates what subqueries for a status cost.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as plain:
            plain.execute("SET jit = off")


def quoted(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def key_table(keys: Iterable[Key], **columns: str) -> tuple[str, list[Any]]:
    """A table `k` of the given keys to join with: `k(team_id, number, ...)`, types in PostgreSQL's words.

    One parameter a column however many keys: the statement's text stays the same, and neither database's
    limit on parameters (65,535 and 32,766) is ever met.
    """
    rows = list(keys)
    if is_sqlite():
        fields = ", ".join(f"json_extract(value, '$[{i}]') AS {name}" for i, name in enumerate(columns))
        return f"(SELECT {fields} FROM json_each(%s)) k", [json.dumps(rows)]
    arrays = ", ".join(f"%s::{kind}[]" for kind in columns.values())
    values = [[row[i] for row in rows] for i in range(len(columns))]
    return f"unnest({arrays}) AS k({', '.join(columns)})", values


def select(
    model: type[models.Model], columns: Sequence[str], rest: str, params: Sequence[Any], alias: str = "t"
) -> Iterator[Row]:
    """Rows of `SELECT <columns of model AS alias> <rest>` as Python values, read lazily where the driver
    does.
    """
    names = ", ".join(f"{alias}.{connection.ops.quote_name(name)}" for name in columns)
    with cursor() as found:
        found.execute(f"SELECT {names} {rest}", params)
        while rows := found.fetchmany(1000):
            yield from converted(model, columns, rows)


def converted(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> Iterable[Row]:
    changes = _changes(model, tuple(columns), connection.vendor)
    if not changes:
        return rows
    return (_convert(row, changes) for row in rows)


@cache
def _changes(
    model: type[models.Model], columns: tuple[str, ...], vendor: str
) -> list[tuple[int, Callable[[Any], Any]]]:
    return [(i, c) for i, name in enumerate(columns) if (c := _converters(model, name))]


def _convert(row: Row, changes: Sequence[tuple[int, Callable[[Any], Any]]]) -> Row:
    values = list(row)
    for i, change in changes:
        values[i] = change(values[i])
    return tuple(values)


def _converters(model: type[models.Model], column: str) -> Callable[[Any], Any] | None:
    field = field_of(model, column)
    expression: Any = Col(model._meta.db_table, field)
    chain = connection.ops.get_db_converters(expression) + field.get_db_converters(connection)
    if not chain:
        return None

    def convert(value: Any) -> Any:
        for step in chain:
            value = step(value, expression, connection)
        return value

    return convert


def field_of(model: type[models.Model], column: str) -> Any:
    """The concrete field behind a column: `author_id` as well as `author`."""
    for field in model._meta.concrete_fields:
        if column in (field.column, field.name):
            return field
    raise LookupError(f"{model.__name__} has no column {column}")


def upsert(
    model: type[models.Model],
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    key: Sequence[str] = (),
    update: Sequence[str] = (),
    newer: Sequence[str] = (),
) -> None:
    """Insert the rows, or where `key` is there already set the columns `update`: one statement for all rows.

    Without `key` it is a plain insert. Without `update`, rows whose key exists are left as they are; with
    `newer` those that have more there.
    """
    if not rows:
        return
    names = [connection.ops.quote_name(name) for name in columns]
    action = ", ".join(f"{n} = excluded.{n}" for n in map(connection.ops.quote_name, update))
    conflict = "" if not key else f"ON CONFLICT ({', '.join(key)}) DO "
    if key:
        conflict += f"UPDATE SET {action}" if update else "NOTHING"
    if newer:
        mine, given = (
            [f"{t}.{connection.ops.quote_name(n)}" for n in newer] for t in (quoted(model), "excluded")
        )
        conflict += f" WHERE ({', '.join(mine)}) <= ({', '.join(given)})"
    insert = f"INSERT INTO {quoted(model)} ({', '.join(names)})"
    values = _prepared(model, columns, rows)
    with cursor() as database:
        if is_sqlite():
            marks = ", ".join(["%s"] * len(columns))
            database.executemany(f"{insert} VALUES ({marks}) {conflict}", values)
        else:
            source, params = _given(model, columns, values)
            database.execute(f"{insert} SELECT {', '.join(names)} FROM {source} {conflict}", params)


def insert_returning(
    model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]
) -> list[tuple[int, int]]:
    """PostgreSQL: insert in the given order, rows that meet any unique constraint left out.

    Returns (place among the rows, id) of those that went in. Inside a transaction.
    """
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    sequence = f"pg_get_serial_sequence('{model._meta.db_table}', 'id')"
    values = _prepared(model, columns, rows)
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
        if copied:
            database.execute("DROP TABLE given_rows")
    return [(ordinal - 1, event_id) for ordinal, event_id in found]


def _copied(
    database: Any, model: type[models.Model], columns: Sequence[str], values: Sequence[Sequence[Any]]
) -> str:
    """The rows as a temporary table `g`, filled by COPY."""
    kinds = [_kind(field_of(model, name)) for name in columns]
    # What is JSON is text here already: as jsonb it would become one string.
    plain = ["text" if kind == "jsonb" else kind for kind in kinds]
    names = [connection.ops.quote_name(name) for name in columns]
    fields = ", ".join(f"{name} {kind}" for name, kind in zip(names, plain, strict=True))
    database.execute(f"CREATE TEMPORARY TABLE given_rows (ordinal bigint, {fields}) ON COMMIT DROP")
    with database.copy("COPY given_rows FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["bigint", *plain])
        for i, row in enumerate(values, 1):
            copy.write_row((i, *row))
    cast = ", ".join(f"{name}::{kind} AS {name}" for name, kind in zip(names, kinds, strict=True))
    return f"(SELECT ordinal, {cast} FROM given_rows) g"


def placeholders(model: type[models.Model], columns: Sequence[str]) -> str:
    """PostgreSQL: a parameter for each column, of the column's type, for the list of a SELECT."""
    return ", ".join(f"%s::{_kind(field_of(model, name))}" for name in columns)


def parameters(model: type[models.Model], columns: Sequence[str], row: Row) -> list[Any]:
    """One row as the driver takes it."""
    return _prepared(model, columns, [row])[0]


def _prepared(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> list[list[Any]]:
    """The rows as the driver takes them. Most columns need nothing, and asking the field costs more than
    the insert.
    """
    changes = _preparers(model, tuple(columns), connection.vendor)
    found = [list(row) for row in rows]
    for values in found:
        for i, change in changes:
            if values[i] is not None:
                values[i] = change(values[i])
    return found


@cache
def _preparers(
    model: type[models.Model], columns: tuple[str, ...], vendor: str
) -> list[tuple[int, Callable[[Any], Any]]]:
    return [(i, c) for i, name in enumerate(columns) if (c := _preparer(field_of(model, name)))]


def _preparer(field: Any) -> Callable[[Any], Any] | None:
    """What a value other than None of this field is changed into for the driver; None for nothing."""
    if isinstance(field, models.JSONField):
        return json.dumps
    operations = connection.ops
    if is_sqlite() and isinstance(field, models.DateTimeField):
        return operations.adapt_datetimefield_value
    if is_sqlite() and isinstance(field, models.DecimalField):
        return lambda value: operations.adapt_decimalfield_value(
            value, field.max_digits, field.decimal_places
        )
    return None


def _given(
    model: type[models.Model],
    columns: Sequence[str],
    values: Sequence[Sequence[Any]],
    *,
    ordinal: bool = False,
) -> tuple[str, list[Any]]:
    """The rows as a table `g` of arrays, one parameter a column."""
    arrays = ", ".join(_array(field_of(model, name)) for name in columns)
    turned = [list(column) for column in zip(*values, strict=True)]
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    if ordinal:
        return f"unnest({arrays}) WITH ORDINALITY AS g({names}, ordinal)", turned
    return f"unnest({arrays}) AS g({names})", turned


def _array(field: Any) -> str:
    kind = _kind(field)
    return "%s::text[]::jsonb[]" if kind == "jsonb" else f"%s::{kind}[]"


def _kind(field: Any) -> str:
    kind: str = field.db_type(connection)
    # A foreign key's type is its target's; an identity column's type carries more words than a cast takes.
    kind = (field.rel_db_type(connection) if field.primary_key else kind).split(" GENERATED")[0]
    # A cast to varchar(100) cuts a longer text without a word, where the insert itself refuses it.
    return kind.partition("(")[0] if kind.startswith("varchar") else kind
