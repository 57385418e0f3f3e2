"""Which code made some rows: fingerprints of all that turns events into rows.

Comments, docstrings and layout don't count. Neither does the version of Python, as it would in its own dump
of a syntax tree.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from collections.abc import Iterable, Iterator, Set
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from apps.metrics import formulas, processors, projection
from apps.metrics.formulas import FORMULAS
from apps.metrics.projection import version
from ingest import shapes

PACKAGES = (processors, formulas, projection, shapes)
# Says nothing of what the code does.
IGNORED = {"type_comment", "kind", "type_ignores"}
WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Part(NamedTuple):
    """A piece of code that has a version of its own."""

    version: int
    code: str


@cache
def fingerprint() -> str:
    """Of all of it."""
    return _hash_of(_files())


def parts() -> dict[str, Part]:
    """Each formula with what it imports from its package, each processor, and `common`: all the rest."""
    files = {f"formula {f.name}": _with_imports(Path(inspect.getfile(f.compute))) for f in FORMULAS}
    versions = {f"formula {f.name}": f.version for f in FORMULAS}
    for processor in version.PROCESSORS:
        name = f"processor {processor.__name__.removeprefix('handle_').removesuffix('_event')}"
        files[name] = {Path(inspect.getfile(processor.fold))}
        versions[name] = processor.version
    rest = set(_files()).difference(*files.values(), {Path(version.__file__)})
    found = {name: Part(versions[name], _hash_of(of_part)) for name, of_part in sorted(files.items())}
    return found | {"common": Part(version.COMMON, _hash_of(rest))}


def _files() -> Iterator[Path]:
    for package in PACKAGES:
        for folder in package.__path__:
            yield from Path(folder).rglob("*.py")


def _with_imports(file: Path) -> Set[Path]:
    """The file and those of its package that it leads to."""
    found: set[Path] = set()
    ahead = {file}
    while ahead:
        one = ahead.pop()
        found.add(one)
        for node in ast.walk(_tree(one)):
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                ahead |= {one.parent / f"{node.module}.py"} - found
    return found


def _hash_of(files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(f"{file.parent.name}/{file.name}".encode())
        found.update(code_of(_tree(file)).encode())
    return found.hexdigest()


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes())


def code_of(node: Any) -> str:
    """A piece of syntax as text that says what it does."""
    if isinstance(node, list):
        return f"[{','.join(map(code_of, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    # What is empty is left out: newer Pythons have more fields.
    said = (
        f"{name}={code_of(v)}" for name, v in fields.items() if name not in IGNORED and v not in (None, [])
    )
    return f"{type(node).__name__}({','.join(said)})"
