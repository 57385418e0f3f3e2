"""What commands share: the two consoles, one JSON document, errors of one line with a fixed exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, TextIO, cast

from django.core.management.base import CommandError, CommandParser
from django.db import OperationalError
from rich.console import Console
from rich.table import Table

from ingest.replay.scope import UnknownScope

FAILED, USAGE, WAITING = 1, 2, 3

# What JSON leaves as it is: DEL, C1, marks that turn the direction of text, lone surrogates.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def add_format(parser: CommandParser) -> None:
    parser.add_argument("--format", choices=("table", "json"), default="table", help="default: table")


def print_json(stdout: Any, document: Any) -> None:
    """One document. Text of payloads is in it: what a terminal would obey, or no stream takes, is escaped."""
    text = json.dumps(document, indent=2, ensure_ascii=False, default=_as_text)
    stdout.write(_UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _as_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def console(stream: Any) -> Console:
    """A rich console on a command's stream. Text from GitHub is printed as it is, never as rich's markup."""
    return Console(
        file=cast(IO[str], _Unwrapped(stream)), markup=False, highlight=False, emoji=False, soft_wrap=True
    )


class _Unwrapped:
    """Django's OutputWrapper ends every write with a newline; rich ends its own lines."""

    def __init__(self, stream: Any) -> None:
        self._stream: TextIO = getattr(stream, "_out", stream)

    def write(self, text: str) -> int:
        return self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()


def table(*columns: str, **options: Any) -> Table:
    found = Table(box=None, pad_edge=False, header_style="bold", **options)
    for name in columns:
        found.add_column(name, overflow="fold")
    return found


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turns what a person can mend into one line and its exit status."""
    try:
        yield
    except UnknownScope as error:
        raise CommandError(str(error), returncode=USAGE) from None
    except OperationalError as error:
        text = str(error).strip().splitlines()[0]
        raise CommandError(f"the database does not answer: {text}", returncode=FAILED) from None
