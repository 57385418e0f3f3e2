"""The triggers that make the database itself refuse to change the log (law 2)."""

from __future__ import annotations

from django.db import connection, models

from apps import sql
from ingest.models import Fetch, RawGitHubEvent
from ingest.models.event import FACTS

from .gate import SETTING

REFUSAL = "the log is append-only"


def guarded() -> dict[type[models.Model], tuple[str, ...]]:
    """The tables that triggers stand on, with the columns that never change."""
    whole = tuple(str(f.column) for f in Fetch._meta.concrete_fields)
    return {RawGitHubEvent: ("id", *FACTS), Fetch: whole}


def install() -> None:
    """Make every trigger anew: a migration that rebuilds a table on SQLite drops them without a word."""
    with connection.cursor() as cursor:
        for statement in statements():
            cursor.execute(statement)


def missing() -> list[str]:
    """Names of triggers that should stand and don't (or, on PostgreSQL, are disabled)."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND NOT tgisinternal"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        found = {name for (name,) in cursor.fetchall()}
    return sorted(set(names()) - found)


def names() -> list[str]:
    last = "truncate" if connection.vendor == "postgresql" else "replace"
    kinds = ("update", "delete", last)
    return [f"{model._meta.db_table}_no_{kind}" for model in guarded() for kind in kinds]


def statements() -> list[str]:
    return _postgresql() if connection.vendor == "postgresql" else _sqlite()


def _sqlite() -> list[str]:
    found = []
    for model, columns in guarded().items():
        table = model._meta.db_table
        changed = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in columns)
        shut = "NOT EXISTS (SELECT 1 FROM ingest_gate)"
        for kind, on, when in (
            ("update", "UPDATE", f"({changed}) AND {shut}"),
            ("delete", "DELETE", shut),
            # REPLACE deletes the row that stands in its way without a word to the trigger above.
            ("replace", "INSERT", f"({_taken(model)}) AND {shut}"),
        ):
            name = f"{table}_no_{kind}"
            found.append(f"DROP TRIGGER IF EXISTS {name}")
            found.append(
                f"CREATE TRIGGER {name} BEFORE {on} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
    return found


def _taken(model: type[models.Model]) -> str:
    """Is there a row already with the new row's id, or with a key of it that is unique?"""
    unique = [c.fields for c in model._meta.constraints if isinstance(c, models.UniqueConstraint)]
    columns = [[sql.field_of(model, name).column for name in key] for key in (("id",), *unique)]
    same = (" AND ".join(f'"{c}" = NEW."{c}"' for c in key) for key in columns)
    return " OR ".join(f"EXISTS (SELECT 1 FROM {model._meta.db_table} WHERE {key})" for key in same)


def _postgresql() -> list[str]:
    refuse = "ingest_refuse_change"
    found = [
        f"CREATE OR REPLACE FUNCTION {refuse}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF coalesce(current_setting('{SETTING}', true), '') = '' THEN "
        f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END IF; "
        "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    ]
    for model, columns in guarded().items():
        table = model._meta.db_table
        changed = " OR ".join(f'OLD."{c}" IS DISTINCT FROM NEW."{c}"' for c in columns)
        for kind, each in (
            ("update", f"FOR EACH ROW WHEN ({changed})"),
            ("delete", "FOR EACH ROW"),
            ("truncate", "FOR EACH STATEMENT"),
        ):
            name = f"{table}_no_{kind}"
            found.append(f"DROP TRIGGER IF EXISTS {name} ON {table}")
            found.append(
                f"CREATE TRIGGER {name} BEFORE {kind.upper()} ON {table} {each} EXECUTE FUNCTION {refuse}()"
            )
    return found
