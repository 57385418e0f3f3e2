"""What `manage.py reconcile` found, for programs and for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from apps.integrations.models import TrackedRepository
from apps.integrations.services.webhooks.reconcile import Found
from ingest.backfill.counters import Counters
from ingest.cli.output import table
from ingest.models import Run


def line(
    tracked: TrackedRepository, state: str, found: Found | None, run: Run | None, problem: str
) -> dict[str, Any]:
    """`state`: complete, unreadable, waiting, failed or "no hook". `compared`: null where nothing was."""
    found = found or Found()
    return {
        "team": tracked.team.slug,
        "repository": tracked.full_name,
        "github_repo_id": tracked.github_repo_id,
        "hook": tracked.webhook_id,
        "state": state,
        "listed": found.listed,
        "missing": found.missing,
        "restored": found.restored,
        "unfetched": len(found.unfetched),
        "requests": found.requests,
        "problem": problem or found.unreadable or found.problem or None,
        "compared": _compared(found, run) if run else None,
    }


def _compared(found: Found, run: Run) -> dict[str, Any]:
    return {
        "reason": found.compare_reason,
        "since": found.compare_since,
        "window": run.scope.get("window"),
        "run": run.pk,
        "state": run.state,
        "stored": Counters.from_json(run.counters).stored.total(),
    }


def show(screen: Console, report: dict[str, Any]) -> None:
    rows = table("repository", "state", "listed", "missing", "restored", "unfetched")
    for column in rows.columns[2:]:
        column.justify = "right"
    for one in report["repositories"]:
        counts = (f"{one[name]:,}" for name in ("listed", "missing", "restored", "unfetched"))
        rows.add_row(one["repository"], one["state"], *counts)
    screen.print(rows)
    for one in report["repositories"]:
        if one["problem"]:
            screen.print(f"{one['repository']}: {one['problem']}")
        if compared := one["compared"]:
            since = f"{compared['since']:%Y-%m-%d %H:%M}" if compared["since"] else "the window's beginning"
            screen.print(
                f"{one['repository']}: {compared['reason']}, so it was compared with the API since {since}:"
                f" run {compared['run']} is {compared['state']}, {compared['stored']:,} events stored"
            )
    if report["parked"]:
        screen.print(f"{report['parked']:,} events are parked: manage.py events list --status parked")
