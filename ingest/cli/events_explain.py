from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from ingest.inspection.explain import COMPUTED, Explanation, UnknownField, explain
from ingest.inspection.losing import Lost
from ingest.inspection.parts import CommitWhy
from ingest.inspection.pull import find_pull
from ingest.inspection.why import Why

from .events_text import add_pull, of_payload, value
from .output import USAGE, add_format, console, print_json, table

HELP = "Show which event set each field of a pull request, and which events lost and why."


def add_arguments(parser: CommandParser) -> None:
    add_pull(parser)
    parser.add_argument(
        "fields", nargs="*", metavar="FIELD", help="all there is to say of these; also: reviews, commits"
    )
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    key = find_pull(options["team"], options["repo"], options["pr"])
    try:
        found = explain(key, options["fields"])
    except UnknownField as error:
        raise CommandError(str(error), returncode=USAGE) from None
    if options["format"] == "json":
        print_json(command.stdout, asdict(found))
    else:
        _show(console(command.stdout), found, every_loser=bool(options["fields"]))
    return 0


def _show(screen: Console, found: Explanation, *, every_loser: bool) -> None:
    screen.print(f"{of_payload(found.repository)}#{found.number} of team {found.team}: {found.events} events")
    for note in found.notes:
        screen.print(f"! {of_payload(note)}")
    for lost in found.parked:
        screen.print(f"! {_who(lost)}: {of_payload(': '.join(filter(None, (lost.reason, lost.said))))}")
    if every_loser:
        for why in found.fields:
            _field(screen, why)
    else:
        _grouped(screen, found.fields)
    for review in found.reviews:
        screen.print(f"\nreview {review.review_id}: {of_payload(review.role)}")
        for why in review.fields:
            _field(screen, why, losers=every_loser, indent="  ")
    if found.commits:
        screen.print("\ncommits")
        screen.print(_commits(found.commits))


def _field(screen: Console, why: Why, *, losers: bool = True, indent: str = "") -> None:
    screen.print(f"{indent}{why.name} = {_value(why, 100)}: {of_payload(why.how)}")
    for lost in why.lost if losers else ():
        screen.print(f"{indent}    {_lost(lost, 60)}")


def _value(why: Why, length: int) -> str:
    stored = f"  ! the row has {value(why.stored, length)}" if why.differs else ""
    return f"{value(why.value, length)}{stored}"


def _lost(lost: Lost, length: int) -> str:
    """One event in a line, with what it said where it said something."""
    said = f"  [{value(lost.said, length)}]" if lost.said is not None else ""
    return f"{_who(lost)}: {of_payload(lost.reason)}{said}"


def _who(lost: Lost) -> str:
    return f"event {lost.event_id}" if lost.event_id else "the whole stream"


def _grouped(screen: Console, fields: list[Why]) -> None:
    """Fields that one event set against the same others stand together; the computed ones follow."""
    groups: dict[tuple[Any, ...], list[Why]] = {}
    computed = []
    for why in fields:
        if why.name in COMPUTED or why.inputs or (why.event_id is None and not why.lost):
            computed.append(why)
        else:
            losers = tuple((lost.event_id, _short(lost)) for lost in why.lost)
            groups.setdefault((why.how, losers), []).append(why)
    for (how, _), group in groups.items():
        screen.print(f"\n{of_payload(how)}")
        grid = table("", "", "", show_header=False)
        for why in group:
            grid.add_row("", why.name, _value(why, 100))
        screen.print(grid)
        for reason, ids in _reasons(group[0].lost).items():
            screen.print(f"  {ids}: {reason}")
    if computed:
        screen.print("\ncomputed")
    for why in computed:
        _field(screen, why, losers=False)


def _short(lost: Lost) -> str:
    """Without what is in brackets: which key is lacking differs from field to field."""
    return lost.reason.split(" (")[0] if lost.reason.startswith("lacks") else lost.reason


def _reasons(found: list[Lost]) -> dict[str, str]:
    """Each reason once, with the events that lost by it."""
    reasons: dict[str, list[str]] = {}
    for lost in found:
        reasons.setdefault(of_payload(_short(lost)), []).append(str(lost.event_id))
    return {reason: ", ".join(ids) for reason, ids in reasons.items()}


def _commits(commits: list[CommitWhy]) -> Any:
    grid = table("sha", "message", "role", "events")
    for commit in commits:
        ids = ", ".join(map(str, commit.event_ids))
        stored = "! the table says otherwise: " if commit.differs else ""
        grid.add_row(of_payload(commit.sha[:12]), value(commit.message, 60), f"{stored}{commit.role}", ids)
    return grid
