"""What differs between SQLite and PostgreSQL, in one place.

Rows travel as tuples of Python values. `select` gives back what Django's own converters make of a column,
so a datetime is an aware datetime and a decimal a Decimal on both databases.
"""

from .beginning import begins_with
from .cursors import FEW, cursor, is_sqlite, plan_simply
from .errors import is_away, is_too_much
from .reading import key_table, quoted, select
from .values import converted, field_of, parameters
from .writing import COPY_FROM, insert_returning, placeholders, upsert

__all__ = [
    "COPY_FROM",
    "FEW",
    "begins_with",
    "converted",
    "cursor",
    "field_of",
    "insert_returning",
    "is_away",
    "is_sqlite",
    "is_too_much",
    "key_table",
    "parameters",
    "placeholders",
    "plan_simply",
    "quoted",
    "select",
    "upsert",
]
