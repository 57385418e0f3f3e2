"""Payloads that other projects recorded at GitHub: all go in, none is lost, and out and in they are equal.

Needs a folder of them, named by TFORMANCE_PAYLOADS: `webhooks/*/*.json` hold event, action, headers and
payload; `rest/*/*.json` hold method, path, status, headers and body.
"""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.teams.models import Team
from ingest.models import RawGitHubEvent
from tests.tables import tables

FOLDER = os.environ.get("TFORMANCE_PAYLOADS")

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FOLDER, reason="TFORMANCE_PAYLOADS names no folder of recorded payloads"),
]

# Paths of answers that hold objects of ours, the number in them, and what the objects are.
OBJECTS = (
    (re.compile(r"/pulls/([0-9]+)/reviews(/[0-9]+)?$"), "pull_request_review", "reviews"),
    (re.compile(r"/pulls/([0-9]+)/commits$"), "commit", "commits"),
    (re.compile(r"/pulls(?:/([0-9]+))?$"), "pull_request", "pull"),
)
IDENTITY = {"pull_request_review": "state", "commit": "sha", "pull_request": "number"}
DERIVED = ("repository_id", "repository_name", "number", "object_id", "actor", "occurred_at", "instant")


def lines():
    for path in sorted(Path(FOLDER).glob("webhooks/*/*.json")):
        recorded = json.loads(path.read_bytes())
        yield {name: recorded[name] for name in ("action", "headers", "payload")} | {
            "source": "webhook",
            "event_type": recorded["event"],
        }
    for path in sorted(Path(FOLDER).glob("rest/*/*.json")):
        yield from rest_lines(json.loads(path.read_bytes()))


def rest_lines(recorded):
    path = recorded["path"].partition("?")[0]
    items = recorded["body"] if isinstance(recorded["body"], list) else [recorded["body"]]
    for shape, event_type, endpoint in OBJECTS:
        found = shape.search(path)
        if found is None:
            continue
        for item in items:
            if isinstance(item, dict) and IDENTITY[event_type] in item:
                yield {
                    "source": "rest",
                    "event_type": event_type,
                    "pr_number": int(found.group(1)) if found.group(1) else None,
                    "request": {"endpoint": endpoint, "url": recorded["path"], "status": recorded["status"]},
                    "payload": item,
                }
        return


def facts(team):
    names = ("source", "event_type", "action", "delivery_id", "headers", "endpoint", "sha256", *DERIVED)
    return sorted(map(repr, RawGitHubEvent.for_team(team).values_list(*names)))


def told(capsys):
    return json.loads(capsys.readouterr().out)


def test_all_go_in_and_come_back(tmp_path, capsys):
    given = list(lines())
    bundle = tmp_path / "recorded.ndjson.zst"
    plain = tmp_path / "recorded.ndjson"
    plain.write_text("".join(json.dumps(line) + "\n" for line in given))
    # Some recordings are the same delivery or object: in two projects, or in a list and by itself.
    deliveries = {
        line["headers"]["X-GitHub-Delivery"]
        for line in given
        if "X-GitHub-Delivery" in line.get("headers", {})
    }
    others = {
        json.dumps([line["event_type"], line["payload"], line["pr_number"] or line["payload"].get("number")])
        for line in given
        if "X-GitHub-Delivery" not in line.get("headers", {})
    }
    assert len(deliveries) + len(others) > 500

    call_command("events", "import", str(plain), "--team", "first", "--replay", "--format", "json")
    report = told(capsys)
    first = Team.objects.get(slug="first")
    assert (report["lines"], report["broken"]) == (len(given), 0)
    assert report["stored"] == RawGitHubEvent.objects.count() == len(deliveries) + len(others)
    assert report["replay"]["pending"] == 0
    stored = Counter(RawGitHubEvent.objects.values_list("event_type", flat=True))
    assert stored.keys() == {line["event_type"] for line in given}

    call_command("events", "export", "--team", "first", "--output", str(bundle))
    call_command("events", "import", str(bundle), "--team", "first", "--format", "json")
    report = told(capsys)
    assert (report["stored"], report["broken"]) == (0, 0)

    call_command("events", "import", str(bundle), "--team", "second", "--replay", "--format", "json")
    assert told(capsys)["broken"] == 0
    second = Team.objects.get(slug="second")
    assert facts(second) == facts(first)
    assert tables(second) == tables(first)
    assert tables(first)["PullRequest"]
