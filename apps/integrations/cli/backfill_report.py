"""A backfill's plan and its report, for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from apps.integrations.services.runs.owing import named
from ingest.backfill.fetcher import GRAPHQL
from ingest.backfill.plan import Plan
from ingest.backfill.window import Window
from ingest.cli.output import table

from .backfill_progress import NAMES


def show_plan(screen: Console, plan: Plan, window: Window) -> None:
    found = plan.as_json()
    screen.print(f"{found['repository']}: {window}")
    rows = table("", "", show_header=False)
    rows.add_row("pull requests", f"{plan.pull_requests:,}")
    if plan.unchanged:
        rows.add_row("of these stored and unchanged", f"{plan.unchanged:,}")
    screen.print(rows)
    columns = ("API", "requests", "points", "minutes", "quota now", "left afterwards")
    apis = table(*columns, title="about")
    for column in apis.columns[1:]:
        column.justify = "right"
    for estimate in plan.estimates:
        if estimate.problem:
            apis.add_row(estimate.name, "not to be had", "", "", "", "")
            continue
        said = estimate.as_json()
        quota, left = "no limit", ""
        if estimate.rate is not None:
            quota, left = f"{estimate.rate.remaining:,} of {estimate.rate.limit:,}", f"{said['quota_left']:,}"
        figures = (f"{estimate.requests:,}", f"{estimate.points:,}", f"{said['minutes']:,}")
        apis.add_row(estimate.name, *figures, quota, left)
    screen.print(apis)
    screen.print(plan.choice.reason)
    screen.print(f"Nothing was stored; this took {plan.asked:,} requests.")


def show(screen: Console, found: dict[str, Any]) -> None:
    """`found`: see `ingest.backfill.report.report`."""
    seconds = "" if found["seconds"] is None else f" in {found['seconds']:,.1f} s"
    screen.print(f"{found['repository']}: run {found['run']} is {found['state']}{seconds}")
    if found["api_reason"]:
        screen.print(found["api_reason"])
    screen.print(
        f"{found['pull_requests']:,} pull requests ({found['visited']:,} fetched, "
        f"{found['unchanged']:,} unchanged), {found['requests']:,} requests"
        + (f", of these {found['free']:,} free" if found["free"] else "")
    )
    rows = table("events", "stored", "duplicates", "applied")
    for column in rows.columns[1:]:
        column.justify = "right"
    whole = {"pull_request": "pull requests, with reviews and commits"}
    for event_type, name in (whole if found["api"] == GRAPHQL else NAMES).items():
        counts = (found[column].get(event_type, 0) for column in ("stored", "duplicates", "applied"))
        rows.add_row(name, *(f"{count:,}" for count in counts))
    screen.print(rows)
    if found["parked"]:
        screen.print(f"{found['parked']:,} events are parked: manage.py events list --status parked")
    if found["truncated"]:
        screen.print(f"{found['truncated']:,} lists of commits were cut by GitHub after 250")
    if found["failed"]:
        screen.print(f"{found['failed']:,} times GitHub refused a part of one pull request:")
        for failure in found["failures"]:
            screen.print(f"  #{failure['number']} {failure['endpoint']}: {failure['message']}")
    if found["owed"]:
        screen.print(f"Owed: {named(found['owed'])}. The repository's next run asks first for what is owed.")
