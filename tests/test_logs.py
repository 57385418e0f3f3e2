"""Lines of a real process: the configuration is the process's own."""

import json
import subprocess
import sys

import pytest
from django.conf import settings

TOKEN = "ghp_" + "a1B2" * 9


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def lines_of(code: str) -> list[dict[str, object]]:
    done = run("shell", "-c", code)
    assert done.stdout == ""
    assert TOKEN not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(
    "code",
    [
        f"import structlog; structlog.get_logger('x').warning('asked', url='https://{TOKEN}@github.com')",
        f"import structlog; structlog.get_logger('x').warning('x', headers={{'Authorization': '{TOKEN}'}})",
        f"import logging; logging.getLogger('x').warning('asked with %s', '{TOKEN}')",
        f"import logging; logging.getLogger('django.request').error('asked', extra={{'token': '{TOKEN}'}})",
        f"import warnings; warnings.warn('{TOKEN}')",
    ],
)
def test_a_token_is_masked_in_every_kind_of_line(code):
    [line] = lines_of(code)
    assert "[redacted]" in json.dumps(line)


@pytest.mark.parametrize("logger", ["logging.getLogger('x')", "structlog.get_logger('x')"])
def test_a_token_is_masked_in_the_text_of_an_exception(logger):
    code = f"""\
import logging, structlog
try:
    raise ValueError('{TOKEN}')
except ValueError:
    {logger}.exception('no')
"""
    [line] = lines_of(code)
    assert line["event"] == "no"
    assert "ValueError: [redacted]" in str(line["exception"])


def test_a_line_says_when_who_and_how_bad():
    [line] = lines_of("import structlog; structlog.get_logger('ingest.log').info('stored', events=3)")
    assert line.pop("timestamp")
    assert line == {"event": "stored", "events": 3, "level": "info", "logger": "ingest.log"}


def test_stdout_of_the_shell_belongs_to_its_code():
    assert run("shell", "-c", "print('{}')").stdout == "{}\n"
