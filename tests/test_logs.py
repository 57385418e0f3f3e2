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


MASKED = [
    f"import structlog; structlog.get_logger('x').warning('asked', url='https://{TOKEN}@github.com')",
    f"import structlog; structlog.get_logger('x').warning('x', headers={{'Authorization': '{TOKEN}'}})",
    f"import logging; logging.getLogger('x').warning('asked with %s', '{TOKEN}')",
    f"import logging; logging.getLogger('django.request').error('asked', extra={{'token': '{TOKEN}'}})",
    f"import warnings; warnings.warn('{TOKEN}')",
]
RAISED = [
    f"""\
import logging, structlog
try:
    raise ValueError('{TOKEN}')
except ValueError:
    {logger}.exception('no')
"""
    for logger in ("logging.getLogger('x')", "structlog.get_logger('x')")
]
STORED = "import structlog; structlog.get_logger('ingest.log').info('stored', events=3)"
CODES = [*MASKED, *RAISED, STORED]
END = "the end of one code's lines"
# One process for all: to start one takes a second.
ALL = f"""\
import sys
for code in {CODES!r}:
    exec(code, {{}})
    print({END!r}, file=sys.stderr, flush=True)
"""


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """What each code wrote to stderr."""
    done = run("shell", "-c", ALL)
    assert done.stdout == ""
    *parts, rest = done.stderr.split(f"{END}\n")
    assert rest == ""
    return dict(zip(CODES, parts, strict=True))


def lines(text: str) -> list[dict[str, object]]:
    assert TOKEN not in text
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("code", MASKED)
def test_a_token_is_masked_in_every_kind_of_line(written, code):
    [line] = lines(written[code])
    assert "[redacted]" in json.dumps(line)


@pytest.mark.parametrize("code", RAISED)
def test_a_token_is_masked_in_the_text_of_an_exception(written, code):
    [line] = lines(written[code])
    assert line["event"] == "no"
    assert "ValueError: [redacted]" in str(line["exception"])


def test_a_line_says_when_who_and_how_bad(written):
    [line] = lines(written[STORED])
    assert line.pop("timestamp")
    assert line == {"event": "stored", "events": 3, "level": "info", "logger": "ingest.log"}


def test_stdout_of_the_shell_belongs_to_its_code():
    assert run("shell", "-c", "print('{}')").stdout == "{}\n"
