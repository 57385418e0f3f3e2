"""A replay's run as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from apps.metrics.models import Repository
from apps.metrics.projection.version import VERSION
from apps.teams.models import Team
from ingest.models import Run
from ingest.replay.impact import HOURS, METRICS, SHARES, STATES
from ingest.replay.looks import mode_of
from ingest.replay.scope import Scope
from ingest.replay.sharing import needs_newer_code
from ingest.runs.lease import EXPIRES

from .forms import in_words, is_whole_team, parameters, query_of, repository_names

State = Run.State
MODES = {"replay": "replay", "dry-run": "preview", "verify": "verification"}
CAUSES = {"code": "By changed code, or rows changed by hand", "events": "By events not yet applied"}
WHEN = {"before": "as stored", "code": "by today's code", "after": "with pending events"}
KINDS = ("created", "updated", "unchanged", "deleted")
NAMES = {
    "cycle_time_hours": "Cycle time",
    "review_time_hours": "Time to first review",
    "size": "Size",
    "is_revert": "Reverts",
    "is_hotfix": "Hotfixes",
}
BADGES = {
    State.QUEUED: "info",
    State.RUNNING: "info",
    State.WAITING: "info",
    State.PAUSED: "warning",
    State.COMPLETE: "success",
    State.FAILED: "error",
    State.CANCELLED: "neutral",
}
# A worker takes a queued run within a moment.
SOON = timedelta(seconds=10)


class ReplayView:
    """`names` of repositories, for a page of many runs; a single one looks itself."""

    def __init__(self, run: Run, now: datetime, names: Mapping[str, str] | None = None) -> None:
        self.run, self.now, self._names = run, now, names
        self.mode = mode_of(run)
        self.name = MODES.get(self.mode, self.mode)
        self.scope = Scope.of(run)
        kind = BADGES.get(State(run.state), "neutral")
        # Found, but no success.
        if self.report.get("differences"):
            kind = "warning"
        self.badge = (run.get_state_display().lower(), kind)
        self.over = run.state not in Run.ACTIVE
        self.alive = not self.over and run.state != State.PAUSED

    @property
    def words(self) -> list[str]:
        return in_words(self.scope, self.names)

    @cached_property
    def names(self) -> Mapping[str, str]:
        return repository_names(self.run.team, [self.scope]) if self._names is None else self._names

    @property
    def whole_team(self) -> bool:
        return is_whole_team(self.scope)

    @property
    def query(self) -> str:
        return query_of(self.scope)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        return parameters(self.scope)

    @property
    def counters(self) -> dict[str, Any]:
        return self.run.counters or {}

    @property
    def rows(self) -> dict[str, int]:
        counts = self.counters.get("rows", {})
        return {kind: counts.get(kind, 0) for kind in KINDS}

    @property
    def tables(self) -> list[tuple[str, list[int]]]:
        found = self.counters.get("tables", {})
        return [(name, [found[name].get(kind, 0) for kind in KINDS]) for name in sorted(found)]

    @property
    def changed(self) -> int:
        return sum(self.rows[kind] for kind in ("created", "updated", "deleted"))

    @property
    def report(self) -> dict[str, Any]:
        return self.run.report or {}

    @property
    def seconds(self) -> float | None:
        if not self.run.started_at:
            return None
        return max(((self.run.finished_at or self.now) - self.run.started_at).total_seconds(), 0.0)

    @property
    def sentence(self) -> str:
        run = self.run
        if needs_newer_code(run) and not self.over:
            return f"A newer version of the code started it: workers of this one ({VERSION}) leave it alone."
        if run.state == State.QUEUED:
            late = self.now - run.created_at > SOON
            more = " None has come yet: is a worker running? Beat tells them again." if late else ""
            return f"It waits for a worker.{more}"
        if run.state == State.RUNNING:
            silent = run.heartbeat_at and self.now - run.heartbeat_at > EXPIRES
            return (
                "Its worker is silent; another one takes it up." if silent else f"The {self.name} is running."
            )
        if run.state == State.PAUSED:
            again = " Resumed, it begins again." if self.mode != "replay" else ""
            return f"It is paused. What is written stays, and resuming goes on from there.{again}"
        if run.state == State.FAILED:
            return ": ".join(filter(None, ("It failed", run.error, run.message)))
        if run.state == State.CANCELLED:
            return "It was cancelled. What had been written stays; the same replay can be started again."
        return self._result()

    def _result(self) -> str:
        left = f" {self.run.message}" if self.run.message else ""
        if self.mode == "verify":
            n = self.report.get("differences", 0)
            told = (
                f"{_of(n, 'difference')} between the rows and the log."
                if n
                else "No differences: the rows are what the log says."
            )
            return told + left
        if self.mode == "dry-run":
            return f"Nothing was written. A replay of this would change {_of(self.changed, 'row')}.{left}"
        still = self.counters.get("parked")
        parked = f" {_of(still, 'event')} in these streams parked." if still else ""
        return f"Done: {_of(self.changed, 'row')} changed.{parked}{left}"

    @cached_property
    def fields(self) -> list[tuple[str, int]]:
        """The columns that change most."""
        found = [
            (f"{table}.{name}", count)
            for table, names in self.report.get("fields", {}).items()
            for name, count in names.items()
        ]
        return sorted(found, key=lambda one: (-one[1], one[0]))[:15]

    @cached_property
    def causes(self) -> list[tuple[str, dict[str, Any]]]:
        found = self.report.get("causes", {})
        return [(why, found[cause]) for cause, why in CAUSES.items() if cause in found]

    @cached_property
    def impact(self) -> list[dict[str, Any]]:
        """Each metric in its three states."""
        found = self.report.get("impact", {})
        return [
            {
                "name": NAMES[metric],
                "unit": " h" if metric in HOURS else "",
                "share": metric in SHARES,
                "rows": [(WHEN[state], found[metric][state]) for state in STATES],
                "changed": found[metric]["before"] != found[metric]["after"],
            }
            for metric in (*METRICS, *SHARES)
            if metric in found
        ]

    @cached_property
    def moved(self) -> list[dict[str, Any]]:
        """The pull requests that move most, with `repo_id` where the repository is known by this name."""
        found = [
            {**one, "metric": NAMES[metric], "unit": " h" if metric in HOURS else ""}
            for metric in METRICS
            for one in self.report.get("impact", {}).get(metric, {}).get("moved", [])
        ]
        names = {one["github_repo"] for one in found}
        known = Repository.for_team(self.run.team).filter(full_name__in=names)
        ids = dict(known.values_list("full_name", "github_repo_id")) if names else {}
        return [{**one, "repo_id": ids.get(one["github_repo"])} for one in found]

    @cached_property
    def expected(self) -> float | None:
        """Seconds that the whole takes, from the last replays; of a preview, what its replay would take."""
        total = self.counters.get("total", 0)
        rate = streams_a_second(self.run.team) or _rate([self.report])
        return total / rate if rate and total else None


def _of(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def streams_a_second(team: Team) -> float | None:
    """Of the last replays that wrote; None where there was none."""
    last = Run.for_team(team).filter(kind=Run.Kind.REPLAY).order_by("-pk")[:20]
    return _rate([run.report for run in last if run.state == State.COMPLETE and mode_of(run) == "replay"])


def _rate(reports: list[dict[str, Any]]) -> float | None:
    seconds = sum(report.get("seconds", 0) for report in reports)
    streams = sum(report.get("streams", 0) for report in reports)
    return streams / seconds if seconds and streams else None
