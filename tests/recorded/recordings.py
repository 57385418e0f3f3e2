"""Reading the recordings."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]

PAYLOADS = os.environ.get("TFORMANCE_PAYLOADS", "")
needs_payloads = pytest.mark.skipif(not PAYLOADS, reason="TFORMANCE_PAYLOADS names no folder of recordings")

# Of GitHub's description: `pull-request` has these beyond `pull-request-simple`.
ONLY_IN_DETAIL = {
    "additions",
    "changed_files",
    "comments",
    "commits",
    "deletions",
    "maintainer_can_modify",
    "mergeable",
    "mergeable_state",
    "merged",
    "merged_by",
    "rebaseable",
    "review_comments",
}


def readings(kind: str) -> Iterator[tuple[str, Json]]:
    """Each recording of `kind` with the name of its source."""
    if not PAYLOADS:
        return
    for path in sorted(Path(PAYLOADS, kind).glob("*/*.json")):
        # The recorders masked some names so, and no repository at GitHub is called that.
        text = re.sub(r"<(GITHUB_[A-Z_]+)>", r"\1", path.read_text())
        yield path.parent.name, json.loads(text)


class Recorded:
    """One repository as one source recorded it: the newest version of each thing."""

    def __init__(self) -> None:
        self.id: int | None = None
        self.details: dict[int, Json] = {}
        self.items: dict[int, Json] = {}
        self.lists: dict[tuple[int, str], list[Json]] = {}
        self.errors: dict[str, tuple[int, Any]] = {}

    def add(self, path: str, status: int, body: Any) -> None:
        parts = path.split("/")[4:]  # of /repos/OWNER/REPO/pulls/7/reviews
        if status >= 400:
            self.errors[path] = (status, body)
        elif parts == ["pulls"]:
            for item in body:
                if self.is_of(item):
                    self.items[item["number"]] = newer(self.items.get(item["number"]), item)
        elif len(parts) == 2 and isinstance(body, dict) and self.is_of(body):
            self.details[body["number"]] = newer(self.details.get(body["number"]), body)
        elif parts[2:] in (["reviews"], ["commits"]) and isinstance(body, list):
            self.lists[int(parts[1]), parts[2]] = body

    def is_of(self, pull: Json) -> bool:
        """A recording edited by hand has pull requests of two repositories in one list."""
        self.id = self.id or pull["base"]["repo"]["id"]
        return bool(pull["base"]["repo"]["id"] == self.id)

    def listed(self) -> list[Json]:
        """The items of `/pulls`, oldest first."""
        found = {n: {k: v for k, v in d.items() if k not in ONLY_IN_DETAIL} for n, d in self.details.items()}
        for number, item in self.items.items():
            if number not in found or item["updated_at"] > found[number]["updated_at"]:
                found[number] = item
        return sorted(found.values(), key=lambda item: (item["created_at"], item["number"]))

    def pulls(self) -> list[Json]:
        """What the source says of each pull request, key by key the newest."""
        detailed = [self.details.get(item["number"], {}) for item in self.listed()]
        return [{**detail, **item} for detail, item in zip(detailed, self.listed(), strict=True)]

    def impossible(self) -> set[int]:
        """Edited by hand into what GitHub never says: times of another form, the id of another one."""
        found, ids = set(), set()
        for pull in sorted(self.pulls(), key=lambda pull: pull["number"]):
            if pull["id"] in ids or not re.fullmatch(r"[0-9-]+T[0-9:]+Z", pull["updated_at"]):
                found.add(pull["number"])
            ids.add(pull["id"])
        return found

    @property
    def repository(self) -> Json:
        repository: Json = self.listed()[-1]["base"]["repo"]
        return repository

    def of(self, number: int, kind: str) -> list[Json]:
        return self.lists.get((number, kind), []) if number in self.details else []


def newer(one: Json | None, other: Json) -> Json:
    return one if one is not None and one["updated_at"] > other["updated_at"] else other


def repositories() -> dict[str, Recorded]:
    found: dict[str, Recorded] = defaultdict(Recorded)
    for source, exchange in readings("rest"):
        path = exchange["path"].partition("?")[0]
        if exchange["method"] == "GET" and path.count("/") > 3 and path.split("/")[4] == "pulls":
            name = "/".join(path.split("/")[2:4])
            found[f"{source} {name}"].add(path, exchange["status"], exchange["body"])
    return {key: one for key, one in found.items() if one.details or one.items}


def deliveries() -> dict[str, list[Json]]:
    """By source, oldest first as far as the pull requests say."""
    found: dict[str, list[Json]] = defaultdict(list)
    for source, one in readings("webhooks"):
        if one["event"] in ("pull_request", "pull_request_review"):
            found[source].append(one)
    return {
        s: sorted(all_, key=lambda d: d["payload"]["pull_request"]["updated_at"]) for s, all_ in found.items()
    }
