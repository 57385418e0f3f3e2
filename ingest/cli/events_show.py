from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console

from ingest.inspection.event import Attempts, EventFacts, facts_of, find_event
from ingest.inspection.payload import parsed, pretty
from ingest.inspection.visible import visible

from .events_text import number, of_payload, size, time, value
from .output import add_format, console, print_json, table
from .scope_options import positive

HELP = "Show one stored event: its facts, what became of it, and its payload."


def add_arguments(parser: CommandParser) -> None:
    parser.add_argument("id", type=positive, metavar="ID")
    parser.add_argument(
        "--raw", action="store_true", help="write the exact bytes of the body, and nothing else"
    )
    add_format(parser)


def run(command: BaseCommand, options: dict[str, Any]) -> int:
    event = find_event(options["id"])
    if options["raw"]:
        _write_raw(command.stdout, event.body)
    elif options["format"] == "json":
        print_json(command.stdout, _document(facts_of(event), event.json_bytes))
    else:
        screen = console(command.stdout)
        _show(screen, facts_of(event))
        _payload(screen, event.pk, event.json_bytes)
    return 0


def _write_raw(stdout: Any, body: bytes) -> None:
    stream = getattr(stdout, "_out", stdout)  # Django's wrapper would end it with a newline
    stream.flush()
    stream.buffer.write(body)
    stream.buffer.flush()


def _document(facts: EventFacts, text: bytes) -> dict[str, Any]:
    """The facts, and `payload`; where the body is no JSON, that is null and `unreadable` says why."""
    found = asdict(facts)
    found |= found.pop("line")
    found["status"], found["reason"] = facts.line.status.name, facts.line.status.told
    try:
        return found | {"payload": parsed(text), "unreadable": ""}
    except ValueError as error:
        return found | {"payload": None, "unreadable": str(error)}


def _show(screen: Console, facts: EventFacts) -> None:
    _print_pairs(screen, _identity(facts))
    if facts.request is not None:
        screen.print("\nrequest")
        _print_pairs(screen, [(of_payload(k), value(v, 300)) for k, v in facts.request.items()])
    if facts.headers:
        screen.print("\nheaders")
        _print_pairs(screen, [(of_payload(k), of_payload(v)) for k, v in sorted(facts.headers.items())])
    for attempts in facts.attempts:
        _failure(screen, attempts)


def _print_pairs(screen: Console, pairs: list[tuple[str, str]]) -> None:
    grid = table("", "", show_header=False)
    for name, text in pairs:
        grid.add_row(name, text)
    screen.print(grid)


def _identity(facts: EventFacts) -> list[tuple[str, str]]:
    line = facts.line
    rows = [
        ("event", f"{line.id}  {of_payload(line.kind)}  from {line.source}"),
        ("status", of_payload(": ".join(filter(None, line.status)))),
        ("team", facts.team),
        ("repository", f"{of_payload(line.repository)}  (id {facts.repository_id or '-'})"),
        ("pull request", number(line.number)),
        ("object", of_payload(facts.object_id)),
        ("actor", of_payload(line.actor)),
        ("occurred", time(facts.occurred_at)),
        ("sent" if facts.is_delivery else "answered", time(facts.instant_at)),
        ("received", time(facts.received_at)),
        ("sha-256", facts.sha256),
        ("size", f"{facts.size:,} bytes, stored as {facts.stored_size:,} ({facts.codec})"),
        ("stream", _stream(facts)),
    ]
    if facts.named:
        rows.append(("asked for", of_payload(facts.named)))
    if facts.is_delivery:
        rows.append(("delivery", of_payload(facts.delivery_id or "")))
        rows.append(("signature", of_payload(facts.signature) if facts.signature else _no_signature(facts)))
    if line.endpoint:
        rows.append(("endpoint", of_payload(line.endpoint)))
    return rows


def _no_signature(facts: EventFacts) -> str:
    """The API shows a delivery's payload, and not the bytes that were signed."""
    return "no header" if facts.request is None else "from the deliveries API, not checkable"


def _stream(facts: EventFacts) -> str:
    found = facts.stream
    if found is None:
        return "-"
    state = f"{found.pending} pending" if found.pending else "up to date"
    applied = "all to be read again" if found.applied < 0 else f"{found.applied} applied"
    return f"{found.events} events, {applied}, {state}; {size(found.bytes)}"


def _failure(screen: Console, attempts: Attempts) -> None:
    what = "its whole stream is parked" if attempts.whole_stream else "parked"
    place = f" at {attempts.path}" if attempts.path else ""
    screen.print(f"\n{what}: {of_payload(f'{attempts.error}{place}')}")
    screen.print(
        f"attempt {attempts.count} at {time(attempts.last_at)}, the first at {time(attempts.first_at)}"
    )
    screen.print(visible(attempts.traceback).rstrip())


def _payload(screen: Console, event_id: int, text: bytes) -> None:
    found = pretty(text)
    screen.print(f"\npayload{f'  ({of_payload(found.unreadable)}; as it came)' if found.unreadable else ''}")
    screen.print(found.text)
    if found.cut:
        screen.print(f"... only the beginning: manage.py events show {event_id} --raw writes all of it")
