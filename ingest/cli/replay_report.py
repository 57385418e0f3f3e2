"""A replay's report for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from ingest.replay.impact import HOURS, METRICS, SHARES, STATES
from ingest.replay.report import Report

from .output import table

CAUSES = {"code": "by changed code or rows changed by hand", "events": "by events not yet applied"}
WHEN = {"before": "as stored", "code": "by today's code", "after": "with pending events"}
KINDS = ("created", "updated", "unchanged", "deleted")


def show(screen: Console, report: Report) -> None:
    found = report.as_json()
    screen.print(
        f"{report.mode}: {found['selected']:,} events selected, {found['streams']:,} streams, "
        f"{found['events']:,} events folded in {found['seconds']:.1f} s"
    )
    _tables(screen, found)
    if found["repositories"]:
        screen.print(f"names of repositories changed: {found['repositories']}")
    if found["links"]:
        screen.print(f"links of pull requests to commits changed: {found['links']:,}")
    if report.mode == "dry-run":
        _impact(screen, found)
    if report.mode == "verify":
        _differences(screen, found)
    if found["parked"]:
        screen.print(f"{found['parked']:,} events are parked in these streams: manage.py events parked")
    if found["pending"]:
        screen.print(f"{found['pending']:,} events are pending: manage.py replay --pending")


def _tables(screen: Console, found: dict[str, Any]) -> None:
    rows = table("rows", *KINDS)
    for column in rows.columns[1:]:
        column.justify = "right"
    for name, counts in found["tables"].items():
        rows.add_row(name, *(f"{counts.get(kind, 0):,}" for kind in KINDS))
    rows.add_row("all", *(f"{found[kind]:,}" for kind in KINDS))
    screen.print(rows)


def _impact(screen: Console, found: dict[str, Any]) -> None:
    screen.print("\nNothing was written. What a replay would do to the numbers:")
    rows = table("metric", "", "n", "median", "p75")
    for column in rows.columns[2:]:
        column.justify = "right"
    for metric in METRICS:
        unit = " h" if metric in HOURS else ""
        for state in STATES:
            rows.add_row(*_named(metric, state), *_summary(found["impact"][metric][state], unit))
    for share in SHARES:
        for state in STATES:
            rows.add_row(*_named(share, state), f"{found['impact'][share][state]['n']:,}", "", "")
    screen.print(rows)
    for metric in METRICS:
        for moved in found["impact"][metric]["moved"]:
            name = f"{moved['github_repo']}#{moved['number']}"
            screen.print(f"  {metric} of {name}: {moved['before']} -> {moved['after']}")
    for cause, why in CAUSES.items():
        _cause(screen, why, found["causes"][cause])


def _named(metric: str, state: str) -> tuple[str, str]:
    return (metric if state == STATES[0] else ""), WHEN[state]


def _cause(screen: Console, why: str, found: dict[str, Any]) -> None:
    screen.print(
        f"{why}: " + ", ".join(f"{found[kind]:,} {kind}" for kind in ("created", "updated", "deleted"))
    )
    for kind, fields in found["fields"].items():
        if fields:
            screen.print(f"  {kind}: " + ", ".join(f"{name} {count:,}" for name, count in fields.items()))


def _summary(values: dict[str, Any], unit: str) -> tuple[str, str, str]:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:,.2f}{unit}"

    return f"{values['n']:,}", shown(values["median"]), shown(values["p75"])


def _differences(screen: Console, found: dict[str, Any]) -> None:
    count = found["differences"]
    screen.print("no differences: the rows are what the log says" if not count else f"{count:,} differences")
    for one in found["different"]:
        key = "/".join(map(str, one["key"][1:]))
        screen.print(f"  {one['table']} {key}: {one['kind']}")
        for name, (stored, should) in one["fields"].items():
            screen.print(f"    {name}: stored {stored!r}, the log says {should!r}")
    for name, orphans in found["orphans"].items():
        if orphans:
            screen.print(f"  {orphans:,} rows of {name} that no event explains (left alone)")
