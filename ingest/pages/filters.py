"""The filters of the list of events: what the address asks for, as a scope and as chips."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from apps.metrics.models import Repository
from apps.teams.models import Team
from ingest.inspection.places import BadPath
from ingest.inspection.searching import Condition
from ingest.inspection.status import STATUSES
from ingest.models import RawGitHubEvent
from ingest.replay.scope import Scope

NAMES = (
    "source",
    "type",
    "action",
    "repo",
    "number",
    "actor",
    "status",
    "run",
    "since",
    "until",
    "q",
    "payload",
)
LABELS = {"q": "search", "type": "type", "repo": "repository", "number": "pull request"}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
SHA = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
# As GitHub shows them, or longer. Of digits only it is a number, of letters only a login.
SHORT_SHA = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]{7,39}", re.IGNORECASE)
LONGEST = 500
SMALLEST_ID = 2**31


class BadFilter(ValueError):
    """What an address asks for makes no sense; the message says it to whoever typed it."""


@dataclass(frozen=True)
class Filters:
    """What is given, by the names of the address. Read with `read`, which raises nothing."""

    given: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, query: QueryDict) -> Filters:
        found: dict[str, list[str]] = {}
        for name in NAMES:
            # No database takes a NUL in a text.
            values = [value.replace("\0", "").strip()[:LONGEST] for value in query.getlist(name)]
            if values := [value for value in dict.fromkeys(values) if value]:
                found[name] = values if name == "status" else values[:1]
        return cls(found)

    def get(self, name: str) -> str:
        return self.given.get(name, [""])[0]

    @property
    def address(self) -> str:
        return urlencode(self.given, doseq=True)

    def chips(self) -> Iterator[tuple[str, str, str]]:
        """Name, value, and the query of the address without it."""
        for name, values in self.given.items():
            for value in values:
                rest = {**self.given, name: [other for other in values if other != value]}
                yield LABELS.get(name, name), value, urlencode(rest, doseq=True)

    def condition(self) -> Condition | None:
        """What is searched in payloads. Raises BadFilter."""
        if not (text := self.get("payload")):
            return None
        try:
            return Condition.read(text)
        except BadPath as error:
            raise BadFilter(str(error)) from None

    def scope(self, team: Team) -> Scope:
        """Raises BadFilter."""
        found = Scope(
            team=team.slug,
            source=self._one_of("source", RawGitHubEvent.Source.values),
            event_type=self.get("type") or None,
            action=self.get("action") or None,
            repo=self._repository(team),
            pr=self._number("number", 2**31),
            actor=self.get("actor") or None,
            run=self._number("run", 2**63),
            since=self._time("since"),
            until=self._time("until"),
            status=tuple(self.given.get("status", ())),
        )
        if unknown := [name for name in found.status if name not in STATUSES]:
            raise BadFilter(f"No status is called {unknown[0]!r}: it is one of {', '.join(STATUSES)}.")
        if found.since and found.until and found.since >= found.until:
            raise BadFilter("The time span begins after its end, so that no event is in it.")
        return self._searched(found)

    def searched_as(self) -> str:
        """As what the search box was understood; empty where it is."""
        text = self.get("q")
        return _kind(text) if text else ""

    def sha(self) -> str:
        """Of a commit that is searched for, or the beginning of one; empty where none is."""
        return self.get("q").lower() if self.searched_as() in ("sha", "short sha") else ""

    def _searched(self, scope: Scope) -> Scope:
        text = self.get("q")
        if not text:
            return scope
        part, value = {
            "delivery id": ("delivery", text.lower()),
            "sha": ("object_id", text.lower()),
            "short sha": ("sha", text.lower()),
            "number of a pull request": ("pr", _digits(text)),
            "id of an object": ("object_id", text),
            "login": ("actor", text.removeprefix("@")),
        }[_kind(text)]
        present = getattr(scope, part)
        if present and str(present).lower() != str(value).lower():
            raise BadFilter(f"The search and the filter name two different values: {present} and {value}.")
        changes: dict[str, Any] = {part: value}
        return replace(scope, **changes)

    def _one_of(self, name: str, known: list[str]) -> str | None:
        value = self.get(name)
        if value and value not in known:
            raise BadFilter(f"No {name} is called {value!r}: it is one of {', '.join(known)}.")
        return value or None

    def _number(self, name: str, above: int) -> int | None:
        value = self.get(name).removeprefix("#")
        if not value:
            return None
        if not (value.isascii() and value.isdecimal() and 0 < int(value) < above):
            raise BadFilter(f"{LABELS.get(name, name).capitalize()}: {value!r} is no number.")
        return int(value)

    def _repository(self, team: Team) -> str | None:
        """By GitHub's id. Former names are not searched: the log has no index of names."""
        value = self.get("repo")
        if not value or value.isdecimal():
            return value[:18] or None
        ids = Repository.for_team(team).filter(full_name__iexact=value)
        found = list(ids.order_by("github_repo_id").values_list("github_repo_id", flat=True)[:2])
        if not found:
            raise BadFilter(
                f"No repository is called {value!r}. One with another name now is found by its id."
            )
        if len(found) > 1:
            raise BadFilter(f"Two repositories are called {value!r}: name one by its id.")
        return str(found[0])

    def _time(self, name: str) -> datetime | None:
        value = self.get(name)
        if not value:
            return None
        try:
            found = datetime.fromisoformat(value)
            return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
        except (ValueError, OverflowError):
            raise BadFilter(
                f"{name}: {value!r} is no time like 2026-01-31 or 2026-01-31T10:00 (UTC)."
            ) from None


def _kind(text: str) -> str:
    if UUID.fullmatch(text):
        return "delivery id"
    if SHA.fullmatch(text):
        return "sha"
    if SHORT_SHA.fullmatch(text):
        return "short sha"
    digits = text.removeprefix("#")
    if digits.isascii() and digits.isdecimal() and len(digits) < 19:
        return "number of a pull request" if 0 < int(digits) < SMALLEST_ID else "id of an object"
    return "login"


def _digits(text: str) -> int:
    digits = text.removeprefix("#")
    return int(digits) if digits.isdecimal() else 0
