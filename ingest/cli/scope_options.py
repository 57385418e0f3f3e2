"""The scope options of `replay` and `events`, and the scope that they name."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ingest.replay.scope import Scope

from .output import USAGE


def add_scope(parser: CommandParser) -> None:
    group = parser.add_argument_group(
        "scope (all that are given must fit; a selected stream is folded whole)"
    )
    group.add_argument("--team", metavar="SLUG")
    group.add_argument("--repo", metavar="OWNER/REPO", help="present or former name, or GitHub's numeric id")
    group.add_argument("--pr", type=positive, metavar="NUMBER")
    group.add_argument("--event-type", metavar="TYPE", help="in GitHub's words, as pull_request_review")
    group.add_argument("--source", choices=("webhook", "rest", "graphql", "import"))
    group.add_argument(
        "--since", type=moment, metavar="TIME", help="received at or after: 2026-01-31[T10:00[Z]], UTC"
    )
    group.add_argument("--until", type=moment, metavar="TIME", help="received before")
    group.add_argument(
        "--event", type=positive, action="append", default=[], metavar="ID", help="may be repeated"
    )


def positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date or time like 2026-01-31 or 2026-01-31T10:00Z"
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def scope_of(options: dict[str, Any]) -> Scope:
    """Raises CommandError (status 2) for a span that can hold nothing."""
    since, until = options["since"], options["until"]
    if since and since > timezone.now():
        raise CommandError(
            f"--since {since.isoformat()} is in the future: no event can match", returncode=USAGE
        )
    if since and until and since >= until:
        raise CommandError("--since is not before --until: no event can match", returncode=USAGE)
    return Scope(
        team=options["team"],
        repo=options["repo"],
        pr=options["pr"],
        event_type=options["event_type"],
        source=options["source"],
        since=since,
        until=until,
        events=tuple(options["event"]),
        pending=options.get("pending", False),
        parked=options.get("parked", False),
        stale=options.get("stale", False),
    )
