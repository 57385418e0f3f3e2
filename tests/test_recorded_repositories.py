"""Real repositories that others recorded, backfilled over HTTP; and real deliveries, imported and replayed.

What the rows must be is computed here from the recorded JSON, by nothing of the project. The recordings are
not part of it: TFORMANCE_PAYLOADS names their folder, else all of this is skipped.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from apps.metrics.models import Commit, PRReview, PullRequest
from ingest.models import RawGitHubEvent

Json = dict[str, Any]
Manage = Callable[..., CompletedProcess[str]]

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
# Small, so that lists of a recorded size have several pages.
MOST_ON_A_PAGE = 4


# Reading the recordings


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


REPOSITORIES = repositories()
DELIVERIES = deliveries()


# What is true of them


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def hours(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds() / 3600, 2)


def first_review(pull: Json, reviews: list[Json]) -> datetime | None:
    author = (pull["user"] or {}).get("id")
    times = [
        moment(review["submitted_at"])
        for review in reviews
        if review.get("submitted_at") and review["state"].lower() != "pending"
        if (review["user"] or {}).get("id") != author and (review["user"] or {}).get("type") != "Bot"
    ]
    return min((time for time in times if time), default=None)


def truth(pull: Json, reviews: list[Json]) -> Json:
    created, merged = moment(pull["created_at"]), moment(pull["merged_at"])
    first = first_review(pull, reviews)
    return {
        "github_pr_id": pull["id"],
        "number": pull["number"],
        "title": pull["title"],
        "author_login": (pull["user"] or {}).get("login", ""),
        "state": "merged" if merged else pull["state"],
        "pr_created_at": created,
        "merged_at": merged,
        "closed_at": moment(pull["closed_at"]),
        "first_review_at": first,
        "cycle_time_hours": hours(created, merged),
        "review_time_hours": hours(created, first),
        "additions": pull.get("additions"),
        "deletions": pull.get("deletions"),
        "head_sha": pull["head"]["sha"],
    }


def true_reviews(number: int, reviews: list[Json]) -> list[Json]:
    return [
        {
            "github_review_id": review["id"],
            "pull_request__number": number,
            "state": review["state"].lower(),
            "submitted_at": moment(review["submitted_at"]),
            "reviewer_login": (review["user"] or {}).get("login", ""),
        }
        for review in reviews
        if review["state"].lower() != "pending"
    ]


def true_commits(number: int, commits: list[Json]) -> list[Json]:
    return [
        {
            "github_sha": commit["sha"],
            "pull_request__number": number,
            "message": commit["commit"]["message"],
            "committed_at": moment(commit["commit"]["committer"]["date"]),
            "author_login": (commit["author"] or {}).get("login", ""),
        }
        for commit in commits
    ]


def rows(model: Any, like: list[Json], *order: str) -> list[Json]:
    """The stored rows, with the columns that `like` has; decimals as floats."""
    found = model.objects.order_by(*order).values(*like[0]) if like else []
    return [
        {k: float(v) if k.endswith("_hours") and v is not None else v for k, v in row.items()}
        for row in found
    ]


def assert_rows(pulls: list[Json], reviews: list[Json], commits: list[Json]) -> None:
    assert rows(PullRequest, pulls, "github_pr_id") == sorted(pulls, key=lambda row: row["github_pr_id"])
    assert rows(PRReview, reviews, "github_review_id") == sorted(
        reviews, key=lambda row: row["github_review_id"]
    )
    assert rows(Commit, commits, "github_sha") == sorted(commits, key=lambda row: row["github_sha"])
    assert (PRReview.objects.count(), Commit.objects.count()) == (len(reviews), len(commits))


# Serving them


class GitHub(BaseHTTPRequestHandler):
    """Answers as GitHub does, from one recorded repository."""

    recorded: Recorded
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        repository = self.recorded.repository
        by_id, by_name = f"/repositories/{repository['id']}", f"/repos/{repository['full_name']}"
        if path.startswith(by_id):
            path = by_name + path.removeprefix(by_id)
        rest = path.removeprefix(by_name).strip("/").split("/")
        if path in self.recorded.errors:
            self.answer(*self.recorded.errors[path])
        elif path == by_name:
            self.answer(200, repository)
        elif path == f"{by_name}/pulls":
            self.page(self.recorded.listed())
        elif rest[0] == "pulls" and int(rest[1]) in self.recorded.details:
            number = int(rest[1])
            if len(rest) == 2:
                self.answer(200, self.recorded.details[number])
            else:
                self.page(self.recorded.of(number, rest[2]))
        else:
            self.answer(404, {"message": "Not Found"})

    def page(self, items: list[Json]) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if query.get("sort") == "updated":
            items = sorted(items, key=lambda item: item["updated_at"], reverse=query["direction"] == "desc")
        if query.get("state", "all") != "all":
            items = [item for item in items if item["state"] == query["state"]]
        size = min(int(query["per_page"]), MOST_ON_A_PAGE)
        number = int(query.get("page", 1))
        last = max(1, -(-len(items) // size))
        links = [("next", number + 1), ("last", last)] if number < last else []
        path = re.sub(r"^/repos/[^/]+/[^/]+", f"/repositories/{self.recorded.repository['id']}", self.path)
        base = f"http://{self.headers['Host']}{urlsplit(path).path}"
        link = ", ".join(f'<{base}?{urlencode({**query, "page": n})}>; rel="{rel}"' for rel, n in links)
        self.answer(200, items[(number - 1) * size : number * size], {"Link": link} if link else {})

    def answer(self, status: int, body: Any, headers: Json | None = None) -> None:
        packed = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(packed)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(packed)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(recorded: Recorded) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (GitHub,), {"recorded": recorded}))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def told(done: CompletedProcess[str]) -> Json:
    assert done.returncode == 0, done.stderr
    report: Json = json.loads(done.stdout)
    return report


# The tests


@needs_payloads
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_recorded_repository_is_backfilled(name: str, run_manage: Manage) -> None:
    recorded = REPOSITORIES[name]
    with serving(recorded) as url:
        asked = ("backfill", recorded.repository["full_name"], "--team", "t", "--all", "--format", "json")
        report = told(run_manage(*asked, GITHUB_API_URL=url, GITHUB_TOKEN="recorded"))
        stored = RawGitHubEvent.objects.count()
        assert_true(recorded, report)
        again = told(run_manage(*asked, GITHUB_API_URL=url, GITHUB_TOKEN="recorded"))
    assert (again["events_stored"], RawGitHubEvent.objects.count()) == (0, stored)
    assert_true(recorded, again)


def assert_true(recorded: Recorded, report: Json) -> None:
    impossible = recorded.impossible()
    pulls = [pull for pull in recorded.pulls() if pull["number"] not in impossible]
    numbers = [pull["number"] for pull in pulls]
    assert (report["parked"] > 0) == bool(impossible)
    assert report["failed"] == len(set(numbers) - recorded.details.keys())
    assert_rows(
        [truth(pull, recorded.of(pull["number"], "reviews")) for pull in pulls],
        [row for n in numbers for row in true_reviews(n, recorded.of(n, "reviews"))],
        [row for n in numbers for row in true_commits(n, recorded.of(n, "commits"))],
    )


def at(seconds: int) -> str:
    """A delivery id as GitHub makes them, with its time inside."""
    ticks = int(
        (datetime(2026, 1, 1, tzinfo=UTC) - datetime(1582, 10, 15, tzinfo=UTC)) / timedelta(seconds=1)
    )
    ticks = (ticks + seconds) * 10**7
    return str(
        uuid.UUID(fields=(ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 | 0x1000, 0x80, 0, seconds))
    )


def as_line(delivery: Json, seconds: int) -> str:
    line = {"source": "webhook", "event_type": delivery["event"], "action": delivery["action"]}
    return json.dumps({**line, "delivery_id": at(seconds), "payload": delivery["payload"]})


def assert_delivered(payloads: list[Json]) -> None:
    """The rows are what these payloads say, one after the other: of each key the last that has it."""
    pulls: dict[tuple[int, int], Json] = {}
    reviews: dict[tuple[int, int], dict[int, Json]] = defaultdict(dict)
    for payload in payloads:
        key = (payload["repository"]["id"], payload["pull_request"]["number"])
        pulls[key] = pulls.get(key, {}) | payload["pull_request"]
        if "review" in payload:
            review: Json = payload["review"]
            before = reviews[key].get(review["id"], review)
            dismissed = {"state": "dismissed"} if before["state"] == "dismissed" else {}
            reviews[key][review["id"]] = review | dismissed
    of = {key: list(reviews[key].values()) for key in pulls}
    assert_rows(
        [truth(pull, of[key]) for key, pull in pulls.items()],
        [row for key in pulls for row in true_reviews(key[1], of[key])],
        [],
    )


@needs_payloads
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("source", DELIVERIES)
def test_recorded_deliveries_are_imported_and_replayed(
    source: str, run_manage: Manage, tmp_path: Path
) -> None:
    told_by_github = [one["payload"] for one in DELIVERIES[source]]
    lines = [as_line(one, seconds) for seconds, one in enumerate(DELIVERIES[source])]
    for name, ordered in (("backwards", lines[::-1]), ("forwards", lines)):
        bundle = tmp_path / f"{name}.ndjson"
        bundle.write_text("\n".join(ordered))
        done = told(
            run_manage("events", "import", str(bundle), "--team", "t", "--replay", "--format", "json")
        )
        stored = len(lines) if name == "backwards" else 0
        assert (done["stored"], done["duplicates"]) == (stored, len(lines) - stored)
        replay: Json = done["replay"]
        assert (done["broken"], replay["parked"]) == (0, 0)
        assert_delivered(told_by_github)
