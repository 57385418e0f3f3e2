"""Events of a pull request that nobody gave a number: read from their body, else parked and never lost."""

import pytest

from apps.metrics.models import Commit, PRReview
from apps.teams.factories import TeamFactory
from ingest.log import placing
from ingest.log.append import append
from ingest.models import ParkedEvent, RawGitHubEvent
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests.payloads import (
    REPOSITORY,
    REPOSITORY_ID,
    commit,
    delivered,
    delivery,
    fetched,
    moment,
    pull_request,
    repository,
    repository_delivery,
    review,
)
from tests.processed import store_and_process
from tests.tables import tables

from .bundle_events import line
from .events_command import events, events_json

pytestmark = pytest.mark.django_db

URL = f"https://api.github.com/repos/{REPOSITORY}/pulls/7"
AT = "2026-03-02T11:00:00Z"


def rest(event_type, payload, **members):
    named = {"id": REPOSITORY_ID, "full_name": REPOSITORY}
    return line(
        source="rest", event_type=event_type, payload=payload, repository=named, received_at=AT, **members
    )


@pytest.fixture
def imported(tmp_path, run_import):
    """Imports these lines and replays them; the report of the replay."""

    def run(*lines):
        path = tmp_path / "a.ndjson"
        path.write_bytes(b"\n".join(lines))
        status, report, _ = run_import(str(path), "--team", "acme", "--replay")
        assert (status, report["stored"]) == (0, len(lines))
        return report["replay"]

    return run


def test_an_imported_review_says_its_pull_request(imported):
    pull = rest("pull_request", pull_request(7))
    report = imported(pull, rest("pull_request_review", review(pull_request_url=URL)))
    assert (report["parked"], report["created"]) == (0, 2)
    assert PRReview.objects.get().pull_request.number == 7


@pytest.mark.parametrize(
    ("event_type", "payload"),
    [
        ("pull_request_review", review()),
        ("pull_request_review", review(pull_request_url="https://example.com/7")),
        ("commit", commit()),
    ],
)
def test_an_imported_object_of_which_nobody_says_the_number_is_parked(imported, event_type, payload):
    report = imported(rest("pull_request", pull_request(7)), rest(event_type, payload))
    assert (report["parked"], report["created"], report["pending"]) == (1, 1, 0)
    parked = ParkedEvent.objects.get()
    assert (parked.event_type, parked.error) == (event_type, "Unreadable")
    assert "not known of which pull request" in parked.message
    assert "pr_number" in parked.message
    (shown,) = events_json("list", "--status", "parked")["events"]
    assert shown["id"] == parked.event_id
    assert not PRReview.objects.exists()
    assert not Commit.objects.exists()
    assert verify(Scope()).changed == 0


def test_the_same_line_with_a_number_is_a_row(imported):
    imported(
        rest("pull_request", pull_request(7)),
        rest("pull_request_review", review(), pr_number=7),
        rest("commit", commit(), pr_number=7),
    )
    assert not ParkedEvent.objects.exists()
    assert PRReview.objects.count() == Commit.objects.count() == 1


def test_a_delivery_of_a_review_alone_is_parked():
    alone = {"action": "submitted", "review": review(), "repository": repository()}
    store_and_process(TeamFactory(), delivered(alone))
    assert "not known of which pull request" in ParkedEvent.objects.get().message


def test_a_fault_in_the_body_says_more_than_that_there_is_no_number():
    store_and_process(TeamFactory(), delivered(delivery(pull_request("seven")), moment(hours=1)))
    assert ParkedEvent.objects.get().path == "$.pull_request.number"


def test_events_of_the_repository_are_folded_as_before():
    """Its own stream holds these and no others."""
    store_and_process(TeamFactory(), delivered(repository_delivery()), fetched(commit(), number=None))
    assert ParkedEvent.objects.get().event_type == "commit"
    assert RawGitHubEvent.objects.filter(number=0).count() == 2


def test_reindex_finds_the_number_of_stored_reviews(monkeypatch):
    right = TeamFactory(slug="right")
    found = review(pull_request_url=URL)
    store_and_process(right, fetched(pull_request(7)), fetched(found, number=7))
    team, derive = TeamFactory(slug="acme"), placing.derive
    append(team, [fetched(pull_request(7))])
    with monkeypatch.context() as older:
        older.setattr(placing, "derive", lambda event: derive(event)._replace(number=event.number or 0))
        append(team, [fetched(found, number=None)])
    replay(Scope(team="acme"))
    assert ParkedEvent.objects.get().event.number == 0
    events("reindex", "--team", "acme")
    replay(Scope(team="acme", pending=True))
    assert not ParkedEvent.objects.exists()
    assert PRReview.for_team(team).get().pull_request.number == 7
    compared = ("PullRequest", "PRReview")
    assert [len(tables(team)[name]) for name in compared] == [len(tables(right)[name]) for name in compared]


def test_what_a_version_of_before_passed_over_is_found_by_a_replay_of_the_stale(monkeypatch):
    """Its events were counted as processed: without a new version nothing would look at them again."""
    team = TeamFactory()
    with monkeypatch.context() as older:
        older.setattr("ingest.shapes.OBJECTS", {})
        older.setattr("ingest.replay.processing.VERSION", 1)
        store_and_process(team, fetched(review(), number=None), fetched(commit(), number=None))
    assert (ParkedEvent.objects.count(), Commit.objects.count()) == (0, 1)
    replay(Scope(stale=True))
    assert (ParkedEvent.objects.count(), Commit.objects.count()) == (2, 0)
