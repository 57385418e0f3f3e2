"""Values between Python, Django's fields and the drivers.

What depends on the column alone is worked out once: asking a field costs more than an insert.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models.expressions import Col

from .cursors import is_sqlite

Row = tuple[Any, ...]


def name(identifier: str) -> str:
    """A table's or column's name as both databases quote it."""
    return f'"{identifier}"'


def field_of(model: type[models.Model], column: str) -> Any:
    """The concrete field behind a column: `author_id` as well as `author`."""
    for field in model._meta.concrete_fields:
        if column in (field.column, field.name):
            return field
    raise LookupError(f"{model.__name__} has no column {column}")


def converted(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> Iterable[Row]:
    """What Django makes of rows as the driver gives them."""
    changes = _changes(model, tuple(columns), connection.vendor)
    if not changes:
        return rows
    return (_convert(row, changes) for row in rows)


def prepared(model: type[models.Model], columns: Sequence[str], rows: Sequence[Row]) -> list[list[Any]]:
    """The rows as the driver takes them; most columns need nothing."""
    changes = _preparers(model, tuple(columns), connection.vendor)
    found = [list(row) for row in rows]
    for values in found:
        for i, change in changes:
            if values[i] is not None:
                values[i] = change(values[i])
    return found


def parameters(model: type[models.Model], columns: Sequence[str], row: Row) -> list[Any]:
    """One row as the driver takes it."""
    return prepared(model, columns, [row])[0]


def kinds(model: type[models.Model], columns: Sequence[str]) -> tuple[str, ...]:
    """PostgreSQL's types of the columns, as a cast takes them."""
    return _kinds(model, tuple(columns))


@cache
def _kinds(model: type[models.Model], columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_kind(field_of(model, column)) for column in columns)


def _kind(field: Any) -> str:
    kind: str = field.db_type(connection)
    # A foreign key's type is its target's; an identity column's type carries more words than a cast takes.
    kind = (field.rel_db_type(connection) if field.primary_key else kind).split(" GENERATED")[0]
    # A cast to varchar(100) cuts a longer text without a word, where the insert itself refuses it.
    return kind.partition("(")[0] if kind.startswith("varchar") else kind


@cache
def _changes(
    model: type[models.Model], columns: tuple[str, ...], vendor: str
) -> list[tuple[int, Callable[[Any], Any]]]:
    return [(i, c) for i, column in enumerate(columns) if (c := _converters(model, column))]


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


@cache
def _preparers(
    model: type[models.Model], columns: tuple[str, ...], vendor: str
) -> list[tuple[int, Callable[[Any], Any]]]:
    return [(i, c) for i, column in enumerate(columns) if (c := _preparer(field_of(model, column)))]


def _preparer(field: Any) -> Callable[[Any], Any] | None:
    """What a value other than None of this field is changed into for the driver; None for nothing."""
    if isinstance(field, models.JSONField):
        prepare = field.get_prep_value
        return lambda value: json.dumps(prepare(value))
    if is_sqlite() and isinstance(field, models.DateTimeField):
        return _time_of_sqlite
    if is_sqlite() and isinstance(field, models.DecimalField):
        adapt, digits, places = (
            connection.ops.adapt_decimalfield_value,
            field.max_digits,
            field.decimal_places,
        )
        return lambda value: adapt(value, digits, places)
    return None


def _time_of_sqlite(value: datetime) -> str:
    """An aware datetime as Django's `adapt_datetimefield_value` writes it, which looks the time zone up each
    time.
    """
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(sep=" ")[: -len("+00:00")]
