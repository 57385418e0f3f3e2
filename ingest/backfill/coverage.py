"""Which part of a repository's history is surely stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from ingest.models import Run


class Coverage(NamedTuple):
    """Every pull request updated between `since` (None: ever) and `until`, by GitHub's clock, is stored as it
    was at `until` or later, but for those that the last run owes."""

    since: datetime | None
    until: datetime

    def as_json(self) -> dict[str, str | None]:
        return {"since": self.since.isoformat() if self.since else None, "until": self.until.isoformat()}


def coverage(team_id: int, github_repo_id: int) -> Coverage | None:
    """None where no run was ever complete."""
    complete = Run.objects.filter(
        team=team_id,
        kind=Run.Kind.BACKFILL,
        github_repo_id=github_repo_id,
        state=Run.State.COMPLETE,
    )
    last = complete.order_by("-pk").first()
    if last is None:
        return None
    # Runs that ended before this was kept don't say it themselves.
    return _kept(last) or _folded(complete.order_by("pk"))


def covered_after(run: Run) -> Coverage | None:
    """What is stored once this run, of which all is fetched, is complete. None where it never began.

    A run that does not reach back to where the last one began leaves a gap: it moves nothing, and the next
    one has to begin before the gap. What it fetched costs that one no request but its list.
    """
    return _with(coverage(run.team_id, run.github_repo_id or 0), run)


def _with(before: Coverage | None, run: Run) -> Coverage | None:
    started = _time(run.scope.get("started_at"))
    if started is None:
        return before
    cutoff = _time(run.scope.get("cutoff"))
    if before is None:
        return Coverage(cutoff, started)
    if cutoff is not None and cutoff > before.until:
        return before
    since = None if cutoff is None or before.since is None else min(cutoff, before.since)
    return Coverage(since, max(started, before.until))


def _folded(runs: Iterable[Run]) -> Coverage | None:
    found: Coverage | None = None
    for run in runs:
        found = _kept(run) or _with(found, run)
    return found


def _kept(run: Run) -> Coverage | None:
    kept = run.report.get("covered")
    return Coverage(_time(kept["since"]), datetime.fromisoformat(kept["until"])) if kept else None


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
