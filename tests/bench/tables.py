"""The figures as tables, and what they are held to."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

Figures = dict[str, Any]
# What is said, the figure, and what it is held to: (least, most), None for no bound.
Line = tuple[str, float, float | None, float | None]

# The least log of which a page's bounds of looking and counting are a small part.
LARGE = 200_000

RATES = (
    "append",
    "bulk_create into jsonb",
    "json.loads",
    "INSERT ... SELECT",
    "naive",
    "first replay",
    "second replay",
    "after a formula change",
    "dry run",
    "verify",
    "payload scan",
    "one worker",
    "two workers",
)


def show(name: str, found: Figures) -> bool:
    """Print one part; False where a bound does not hold."""
    screen = Console()
    if name == "deliveries":
        return _deliveries(screen, found)
    if name == "pages":
        return _pages(screen, found)
    if name == "backfill":
        return _backfill(screen, found)
    if name == "many":
        return _many(screen, found)
    _rates(screen, name, found)
    return _bounds(screen, _lines(name, found))


def _deliveries(screen: Console, found: Figures) -> bool:
    table = Table("", "webhook", "bare view", "ratio", title="Deliveries")
    ratios = {key: value / found["bare view"][key] for key, value in found["webhook"].items()}
    for key, ratio in ratios.items():
        both = (f"{found[side][key]:,.1f}" for side in ("webhook", "bare view"))
        table.add_row(key, *both, f"{ratio:.2f}")
    screen.print(table)
    return _bounds(
        screen,
        [
            ("accepted a second, to the bare view", ratios["deliveries/s"], 0.4, None),
            ("p99 at half the peak, to the bare view", ratios["p99 ms"], None, 10),
        ],
    )


def _backfill(screen: Console, found: Figures) -> bool:
    table = Table("", "", title=f"Backfill of {found['pull requests']} pull requests", show_header=False)
    table.add_row("a loop of REST, s", f"{found['REST loop, s']:.2f}")
    table.add_row(f"--api auto ({found['api']}), rows included, s", f"{found['auto, s']:.2f}")
    screen.print(table)
    stormy: list[Line] = []
    for api, one in found["everything at once"].items():
        what = f"2,000 through everything by {api}: "
        stormy += [
            (f"{what}requests, to the undisturbed", one["requests"], None, 1.3),
            (f"{what}missing", one["missing"], None, 0),
            (f"{what}duplicates", one["duplicates"], None, 0),
        ]
    return _bounds(
        screen,
        [
            ("auto: its speed to the loop's", found["REST loop, s"] / found["auto, s"], 4, None),
            ("requests for 1,000 pull requests by REST", found["requests"]["rest"], None, 3015),
            ("requests for 1,000 pull requests by GraphQL", found["requests"]["graphql"], None, 60),
            ("most points a minute by REST", found["busiest minute"]["core"], None, 900),
            ("most points a minute by GraphQL", found["busiest minute"]["graphql"], None, 2000),
            *stormy,
        ],
    )


def _many(screen: Console, found: Figures) -> bool:
    plan, github = found["plan"], found["github"]
    table = Table("", "", title=f"{found['repositories']} repositories", show_header=False)
    table.add_row("counted by, requests", f"{plan['requests']:,}")
    table.add_row("counted in, s", f"{plan['s']:.1f}")
    table.add_row("pull requests, as counted", f"{plan['pull requests']:,}")
    table.add_row("followed in, s", f"{found['followed, s']:.1f}")
    for key in ("first complete, s", "tenth complete, s", "all complete, s"):
        table.add_row(key, "never" if found[key] is None else f"{found[key]:,.0f}")
    table.add_row("requests", f"{github['requests']:,}")
    table.add_row("deliveries meanwhile", f"{found['deliveries']['count']:,}")
    table.add_row("until one is in the tables, p50 s", f"{found['deliveries']['p50 s']:.1f}")
    screen.print(table)
    lately = "of the first tenth, how many are of the two that were pushed to last"
    return _bounds(
        screen,
        [
            ("complete", found["complete"], found["repositories"], None),
            ("pull requests missing", found["missing"], None, 0),
            ("failures", found["failures"], None, 0),
            (lately, found["of the first tenth, pushed to lately"], 0.9, None),
            ("until a delivery is in the tables, longest s", found["deliveries"]["longest s"], None, 30),
            ("most points a minute by REST", github["busiest minute"]["core"], None, 900),
            ("most points a minute by GraphQL", github["busiest minute"]["graphql"], None, 2000),
            ("requests at once", github["at once"], None, 4),
        ],
    )


def _pages(screen: Console, found: Figures) -> bool:
    small, large = (f"{count:,} events, ms" for count in found["events"])
    table = Table("", small, large, "ratio", title="Pages of events")
    ratios = {name: many / few for name, (few, many) in found["ms"].items()}
    for name, (few, many) in found["ms"].items():
        table.add_row(name, f"{few:.0f}", f"{many:.0f}", f"{ratios[name]:.1f}")
    screen.print(table)
    for name in found["plans that read the whole log"]:
        screen.print(f"{name}: PostgreSQL reads the whole log")
    lines: list[Line] = [("a page, its time to that on the small log", max(ratios.values()), None, 10)]
    if found["events"][1] >= LARGE:
        lines.append(("pages that read the whole log", len(found["plans that read the whole log"]), None, 0))
    return _bounds(screen, lines)


def _rates(screen: Console, name: str, found: Figures) -> None:
    table = Table("", "events/s", title=f"{name}, {found['events']:,} events")
    for key in RATES:
        if key in found:
            table.add_row(key, f"{found[key]:,.0f}")
    screen.print(table)
    live = Table("events in the stream", "p50 ms", "p99 ms", title=f"{name}, one delivery")
    for history, times in found["live"].items():
        live.add_row(history, f"{times['p50']:.1f}", f"{times['p99']:.1f}")
    screen.print(live)


def _lines(name: str, found: Figures) -> list[Line]:
    postgres = name == "postgres"

    def ratio(a: str, b: str) -> float:
        return float(found[a] / found[b])

    most = 2 if postgres else 1.5
    lines: list[Line] = [
        ("first replay: its time to json.loads", ratio("json.loads", "first replay"), None, most),
        ("second replay: its rate to the first", ratio("second replay", "first replay"), 1, None),
        ("rows changed by the second replay", found["rows changed by the second replay"], None, 0),
        ("dry run: its rate to the first replay", ratio("dry run", "first replay"), 1, None),
        ("verify: its rate to the first replay", ratio("verify", "first replay"), 1, None),
        ("packed bodies to their text", found["bytes"]["bodies to text"], None, 0.27),
        ("bytes of an event besides", found["bytes"]["else per event"], None, 1024),
        ("peak MB of a replay", found["peak MB"], None, 250),
    ]
    if "naive" in found:
        lines.append(("first replay: its rate to naive", ratio("first replay", "naive"), 35, None))
    if "INSERT ... SELECT" in found:
        lines += [
            ("first replay: its rate to SQL alone", ratio("first replay", "INSERT ... SELECT"), 0.8, None),
            ("append: its rate to bulk_create", ratio("append", "bulk_create into jsonb"), 8, None),
        ]
    if postgres:
        lines += [
            ("two workers: their rate to one", ratio("two workers", "one worker"), 1.5, None),
            ("one delivery, 24 events in the stream, p50 ms", found["live"]["24"]["p50"], None, 4),
            ("one delivery, 1,000 events in the stream, p50 ms", found["live"]["1000"]["p50"], None, 60),
        ]
    return lines


def _bounds(screen: Console, lines: list[Line]) -> bool:
    table = Table("", "found", "held to", "")
    held = True
    for what, value, least, most in lines:
        fits = (least is None or value >= least) and (most is None or value <= most)
        held &= fits
        bound = f"at least {least:g}" if least is not None else f"at most {most:g}"
        table.add_row(what, f"{value:,.2f}", bound, "" if fits else "NOT HELD")
    screen.print(table)
    return held
