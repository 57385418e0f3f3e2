"""No page reaches the rows of a team but through the team.

Twice: what is written in the views is read, and what they ask the database is heard.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from apps.teams.models import TeamScoped
from tests import test_access
from tests.test_access import TABLE, path_of

clients = test_access.clients  # the fixture

ROOMS = ("apps", "ingest")
MANAGERS = {"objects", "_default_manager", "_base_manager"}
SCOPED = {
    model.__name__: model
    for model in apps.get_models()
    if any(field.name == "team" for field in model._meta.fields)
}

# What is written: module and line, without its indent. Each with the reason why no team can be named there.
WRITTEN: dict[tuple[str, str], str] = {}
# What is asked: address and table.
ASKED: dict[tuple[str, str], str] = {
    ("metrics", "ingest_stream"): "numbers of the whole server, for who runs it",
    ("metrics", "ingest_run"): "numbers of the whole server, for who runs it",
}


def callbacks(patterns: list[URLPattern | URLResolver]) -> Iterator[Any]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from callbacks(one.url_patterns)
        else:
            yield inspect.unwrap(getattr(one.callback, "view_class", one.callback))


def view_files() -> set[Path]:
    """The modules that addresses lead to, and all beside them in a folder of views."""
    found = {Path(inspect.getfile(callback)) for callback in callbacks(get_resolver().url_patterns)}
    for room in ROOMS:
        found |= set((settings.BASE_DIR / room).glob("**/views/*.py"))
    rooms = [settings.BASE_DIR / room for room in ROOMS]
    return {path for path in found if any(path.is_relative_to(room) for room in rooms)}


def unscoped(source: str) -> list[str]:
    """The lines that reach a team's rows without naming the team."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    names = {name: name for name in SCOPED}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names |= {
                alias.asname: alias.name for alias in node.names if alias.asname and alias.name in SCOPED
            }
    lines = source.splitlines()
    return [
        lines[node.lineno - 1].strip()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in names)
        or (isinstance(node, ast.Attribute) and node.attr in SCOPED)
        if not harmless(node, parents)
    ]


def harmless(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents[node]
    if isinstance(parent, ast.Attribute):
        return parent.attr not in MANAGERS or names_the_team(parent, parents)
    if isinstance(parent, ast.Call) and node is not parent.func:
        return isinstance(parent.func, ast.Name) and parent.func.id == "isinstance"
    if isinstance(parent, ast.List | ast.Tuple) and isinstance(parents[parent], ast.Tuple | ast.Subscript):
        return True  # Callable[[Run], bool]
    # `get_object_or_404(Run, ...)`, `model = Run` of a view, a list of models: all lead to all teams.
    return not isinstance(parent, ast.Assign | ast.keyword | ast.List | ast.Tuple | ast.Dict)


def names_the_team(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a call of the chain `Model.objects.a().b()` has `team=...`."""
    while True:
        node = parents[node]
        if isinstance(node, ast.Call):
            if any(re.fullmatch(r"team(_id|__\w+)?", keyword.arg or "") for keyword in node.keywords):
                return True
        elif isinstance(node, ast.Attribute):
            if node.attr == "none":
                return True
        else:
            return False


def test_views_name_the_team():
    files = view_files()
    assert settings.BASE_DIR / "apps/dashboard/views/pulls.py" in files
    found = {
        (str(path.relative_to(settings.BASE_DIR)), line)
        for path in files
        for line in unscoped(path.read_text())
    }
    assert found == set(WRITTEN)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("Run.objects.get(pk=1)", True),
        ("Run.objects.select_related('team').filter(pk=1).first()", True),
        ("models.Run.objects.all()", True),
        ("Run._default_manager.all()", True),
        ("get_object_or_404(Run, pk=1)", True),
        ("from ingest.models import Run as R\nR.objects.all()", True),
        ("class View:\n    model = Run", True),
        ("Run.for_team(team).get(pk=1)", False),
        ("get_object_or_404(Run.for_team(team), pk=1)", False),
        ("Run.objects.filter(pk=1).filter(team=team)", False),
        ("Run.objects.create(team=team)", False),
        ("Run.objects.none()", False),
        ("Run.State.RUNNING", False),
        ("def show(run: Run, runs: list[Run]) -> Run | None: ...", False),
        ("def tell(change: Callable[[Run], bool], rows: dict[str, Run]): ...", False),
        ("isinstance(one, Run)", False),
        ("Team.objects.get(slug='a')", False),
    ],
)
def test_what_is_seen(code, seen):
    assert bool(unscoped(code)) is seen


TABLES = {model._meta.db_table for model in apps.get_models() if issubclass(model, TeamScoped)}


def tables_without_a_team(sql: str) -> set[str]:
    """Those that a statement reads or changes, where it says nowhere which team's rows it wants."""
    if sql.startswith("INSERT") or re.search(r"\bteam_id\"? (=|IN)", sql):
        return set()
    return {name for name in re.findall(r'(?:FROM|JOIN|UPDATE) "(\w+)"', sql) if name in TABLES}


@contextmanager
def hear_unscoped() -> Iterator[set[str]]:
    heard: set[str] = set()

    def listen(execute, sql, params, many, context):
        heard.update(tables_without_a_team(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        yield heard


@pytest.mark.parametrize("address", [address for address in TABLE if not address.startswith("admin")])
def test_pages_ask_for_rows_of_the_team_only(clients, address):
    """There are no rows: what is asked by an id alone is the id that stands in the address."""
    method = "post" if address.startswith("POST ") else "get"
    with hear_unscoped() as heard:
        getattr(clients["admin"], method)(path_of(address))
    assert heard == {table for one, table in ASKED if one == address}


def test_an_unscoped_question_is_heard(db):
    from ingest.models import Run

    with hear_unscoped() as heard:
        list(Run.objects.filter(pk=1))
        list(Run.objects.filter(team_id=1, pk=1))
    assert heard == {"ingest_run"}
