"""Settings as a fresh process reads them."""

import json
import os
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from django.conf import settings

KEYS = {
    "SECRET_KEY": "correct-horse-battery-staple-and-some-more-characters-0123456789",
    "FIELD_ENCRYPTION_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMDA=",
}
PRODUCTION = KEYS | {
    "SITE_URL": "https://metrics.example.com",
    "DATABASE_URL": "postgres://tformance@127.0.0.1/tformance",
    "CELERY_BROKER_URL": "redis://127.0.0.1:6379/0",
}


def run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    names = {"PATH", "HOME", "LANG"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in os.environ.items() if name in names} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


READ = """
import json
from tformance import settings
print(json.dumps({name: value for name, value in vars(settings).items() if name.isupper()}, default=str))
"""


def read(name: str, environment: dict[str, str]) -> Any:
    return all_of(frozenset(environment.items()))[name]


@cache
def all_of(environment: frozenset[tuple[str, str]]) -> dict[str, Any]:
    """Once for each environment: a process takes a second."""
    done = run(["-c", READ], dict(environment))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_check_deploy_finds_nothing_with_production_settings():
    done = run(["manage.py", "check", "--deploy"], PRODUCTION)
    assert done.returncode == 0, done.stderr
    # A machine without npm has not built the pages' style.
    assert set(re.findall(r": \(([\w.]+)\)", done.stderr)) <= {"tformance.W001"}
    assert "no issues" in done.stdout or "1 issue " in done.stderr


def test_a_missing_key_stops_a_command_with_its_id():
    done = run(["manage.py", "migrate", "--plan"], KEYS | {"SECRET_KEY": ""})
    assert done.returncode == 1
    assert "tformance.E001" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "start", [["-c", "import tformance.wsgi"], ["-m", "celery", "-A", "tformance", "worker"]]
)
def test_web_and_worker_refuse_to_start_without_keys(start):
    done = run(start, KEYS | {"FIELD_ENCRYPTION_KEYS": "", "CELERY_BROKER_URL": "memory://"})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("tformance.E002")


def test_the_hosts_are_this_machine_and_the_site():
    assert read("ALLOWED_HOSTS", KEYS) == ["127.0.0.1", "localhost"]
    assert read("ALLOWED_HOSTS", PRODUCTION) == ["127.0.0.1", "localhost", "metrics.example.com"]


@pytest.mark.parametrize("name", ["SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"])
def test_https_is_asked_for_only_where_the_site_has_it(name):
    assert read(name, KEYS) is False
    assert read(name, PRODUCTION) is True


def test_without_a_database_url_the_database_is_a_file():
    database = read("DATABASES", KEYS | {"DATABASE_URL": ""})["default"]
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == str(settings.BASE_DIR / "var" / "tformance.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_production_uses_the_database_and_the_broker_it_is_given():
    database = read("DATABASES", PRODUCTION)["default"]
    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.postgresql", "tformance")
    assert read("CELERY_BROKER_URL", PRODUCTION) == "redis://127.0.0.1:6379/0"
