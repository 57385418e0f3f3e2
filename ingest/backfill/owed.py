"""The pull requests that a run owes: it failed to fetch them, and the repository's next run asks for them.

A list would show them again only where they are open or change, as the watermark has passed them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from ingest.github.errors import Blocked, Disabled, NotFoundOrNoPermission
from ingest.models import Run

# A run that would owe more fails, so that the watermark does not pass them.
MOST = 500
# So many are asked for at a time; where none of them comes, the rest waits for the next run.
AT_ONCE = 10
# So many in a row that never failed before: it is not about each of them.
IN_A_ROW = 3
GONE = (NotFoundOrNoPermission, Disabled, Blocked)


def begun(run: Run) -> QuerySet[Run]:
    """The backfills of a run's repository that began: each asks first for what the one before it owed."""
    return Run.objects.filter(
        Q(report__has_key="owed") | Q(report__has_key="failures"),
        team=run.team_id,
        kind=Run.Kind.BACKFILL,
        github_repo_id=run.github_repo_id,
    )


def owed_by(report: Mapping[str, Any]) -> list[int]:
    """By a run's report, in the order in which the next run asks for it."""
    # Runs that ended before this was kept have their failures only.
    numbers = report["owed"] if "owed" in report else (f["number"] for f in report.get("failures", []))
    return [number for number in dict.fromkeys(numbers) if number]


class Owed:
    """What is kept of it in the run's report.

    `numbers`: what is owed, in the order in which the next run asks for it: what was tried last comes last.
    `failed`: those that failed in this run, which tries each once. `row`: those that failed for a passing
    reason since one came, but for those that the last run owed.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        report = run.report
        kept = report.get("owed")
        self.numbers: list[int] = list(self.before if kept is None else kept)
        self.failed: list[int] = list(report.get("failed", []))
        self.row: list[int] = list(report.get("in_a_row", []))

    @cached_property
    def before(self) -> list[int]:
        """What the last run that began owed."""
        earlier = begun(self._run).filter(pk__lt=self._run.pk)
        return owed_by(earlier.order_by("-pk").values_list("report", flat=True).first() or {})

    def as_report(self) -> dict[str, Any]:
        return {"owed": self.numbers, "failed": self.failed, "in_a_row": self.row}

    def is_untried(self, number: int) -> bool:
        return number in self.numbers and number not in self.failed

    def fail(self, number: int, endpoint: str, error: Exception) -> None:
        """0 is a pull request of which nobody knows the number, so that it can't be asked for."""
        if not number:
            return
        if getattr(error, "transient", False) and number not in self.before and number not in self.row:
            self.row.append(number)
        if number in self.failed:
            return
        self.failed.append(number)
        self.numbers = [other for other in self.numbers if other != number]
        # A refusal may pass too: the second run that is told so believes it.
        is_gone = endpoint == "pull" and isinstance(error, GONE) and number in self.before
        if not is_gone:
            self.numbers.append(number)

    def came(self, numbers: Iterable[int]) -> bool:
        """These are whole in the log. Returns whether that changes anything here."""
        whole = set(numbers)
        changes = bool(self.row) or not whole.isdisjoint(self.numbers)
        self.numbers = [number for number in self.numbers if number not in whole]
        self.row = []
        return changes
