"""The demo's result in the terminal: the numbers of the overview page."""

from __future__ import annotations

from rich.console import Console

from apps.dashboard.numbers import Numbers
from apps.metrics.overview import Spread
from ingest.cli.output import table


def show(screen: Console, found: Numbers) -> None:
    _counts(screen, "events stored", found.events, found.stored)
    _counts(screen, "pull requests", found.metrics.states, found.metrics.pull_requests)
    _spreads(
        screen, {"cycle time": found.metrics.cycle_time, "time to first review": found.metrics.review_time}
    )
    rows = table("last backfill", "")
    rows.columns[1].justify = "right"
    backfill = found.backfill or {}
    rows.add_row("requests", _shown(backfill.get("requests"), ",d"))
    rows.add_row("seconds", _shown(backfill.get("seconds"), ",.1f"))
    screen.print(rows)


def _counts(screen: Console, title: str, counts: dict[str, int], total: int) -> None:
    rows = table(title, "n")
    rows.columns[1].justify = "right"
    for name, count in counts.items():
        rows.add_row(name, f"{count:,}")
    rows.add_row("all", f"{total:,}")
    screen.print(rows)
    screen.print()


def _spreads(screen: Console, spreads: dict[str, Spread]) -> None:
    rows = table("hours", "n", "median", "p75")
    for column in rows.columns[1:]:
        column.justify = "right"
    for name, spread in spreads.items():
        rows.add_row(name, f"{spread.n:,}", _shown(spread.median, ",.2f"), _shown(spread.p75, ",.2f"))
    screen.print(rows)
    screen.print()


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
