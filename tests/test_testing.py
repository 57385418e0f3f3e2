import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management.base import CommandError

from tformance.testing import PytestRunner, pytest_target

ROOT = settings.BASE_DIR


@pytest.mark.parametrize(
    ("label", "target"),
    [
        ("apps.teams", "apps/teams"),
        ("apps/teams", "apps/teams"),
        ("apps.teams.tests.test_models", "apps/teams/tests/test_models.py"),
        (
            "apps.teams.tests.test_models.TestTeam.test_slug",
            "apps/teams/tests/test_models.py::TestTeam::test_slug",
        ),
        ("apps/teams/tests/test_models.py::test_slug", "apps/teams/tests/test_models.py::test_slug"),
    ],
)
def test_a_dotted_label_becomes_a_path(label, target):
    assert pytest_target(label, ROOT) == target


@pytest.mark.parametrize("label", ["apps.nothing", "nothing", "apps/nothing.py"])
def test_an_unknown_label_is_an_error(label):
    with pytest.raises(CommandError, match="no tests are named"):
        pytest_target(label, ROOT)


def test_options_are_said_in_pytests_words():
    runner = PytestRunner(verbosity=2, failfast=True, keepdb=True, parallel="2", keywords="slug")
    assert runner.arguments == [
        "-v",
        "--exitfirst",
        "--reuse-db",
        "--numprocesses=2",
        "--dist=worksteal",
        "-k=slug",
    ]
    assert PytestRunner(verbosity=0).arguments == ["-q"]


def manage_test(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "test", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_manage_test_runs_pytest_and_keeps_the_database():
    done = manage_test("apps.teams", "--keepdb", "-k", "slug")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_exit_status_is_pytests():
    no_tests_collected = 5
    assert manage_test("apps.teams", "-k", "no_such_test").returncode == no_tests_collected
