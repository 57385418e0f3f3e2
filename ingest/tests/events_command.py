"""Running `manage.py events` inside a test."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from rich.cells import cell_len


def events(*arguments):
    """What the command writes to stdout, as text. Raises CommandError as the command does."""
    return events_bytes(*arguments).decode()


def events_bytes(*arguments):
    written = io.BytesIO()
    stdout = io.TextIOWrapper(written, encoding="utf-8", newline="", write_through=True)
    call_command("events", *map(str, arguments), stdout=stdout)
    return written.getvalue()


def events_json(*arguments):
    return json.loads(events(*arguments, "--format", "json"), parse_constant=pytest.fail)


def refused(*arguments):
    """The message of a command that ends with exit status 2."""
    with pytest.raises(CommandError) as error:
        events(*arguments)
    assert error.value.returncode == 2
    return str(error.value)


def widest(text):
    return max(cell_len(line) for line in text.splitlines())
