"""`manage.py test` runs pytest."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

VERBOSITY = {0: ["-q"], 1: [], 2: ["-v"], 3: ["-vv"]}


def pytest_target(label: str, root: Path) -> str:
    """A path stays as it is; `apps.teams.tests.test_models.TestTeam` becomes a path and node."""
    if (root / label.partition("::")[0]).exists():
        return label
    parts = label.split(".")
    for length in range(len(parts), 0, -1):
        folder = Path(*parts[:length])
        rest = parts[length:]
        if (root / folder).is_dir() and not rest:
            return str(folder)
        if (root / folder).with_suffix(".py").is_file():
            return "::".join([str(folder.with_suffix(".py")), *rest])
    raise CommandError(f"no tests are named {label!r}", returncode=2)


class PytestRunner:
    """Takes the options of Django's runner that mean something to pytest."""

    def __init__(
        self,
        verbosity: int = 1,
        failfast: bool = False,
        keepdb: bool = False,
        parallel: str | None = None,
        keywords: str | None = None,
        **options: Any,
    ) -> None:
        self.arguments = list(VERBOSITY[verbosity])
        if failfast:
            self.arguments.append("--exitfirst")
        if keepdb:
            self.arguments.append("--reuse-db")
        if parallel:
            # A process that has nothing left takes from those that have: the slow tests stand together.
            self.arguments += [f"--numprocesses={parallel}", "--dist=worksteal"]
        if keywords:
            self.arguments.append(f"-k={keywords}")

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        parser.add_argument("--keepdb", action="store_true", help="Keep the test database for the next run.")
        parser.add_argument("--parallel", nargs="?", const="auto", help="Number of processes, or auto.")
        parser.add_argument("-k", dest="keywords", help="Only tests whose names match, in pytest's words.")

    def run_tests(self, test_labels: Sequence[str], **kwargs: Any) -> int:
        """Does not return: pytest takes this process over, so its exit status and Ctrl-C are its own."""
        targets = [pytest_target(label, settings.BASE_DIR) for label in test_labels]
        os.chdir(settings.BASE_DIR)
        sys.stdout.flush()
        sys.stderr.flush()
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *self.arguments, *targets])  # noqa: S606
