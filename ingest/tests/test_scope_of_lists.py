"""The parts of a scope that lists of events ask for."""

import pytest

from apps.teams.factories import TeamFactory
from ingest.log.facts import Request
from ingest.models import RawGitHubEvent, Run
from ingest.replay.replaying import replay
from ingest.replay.scope import Scope
from ingest.replay.skipping import skip
from ingest.replay.starting import start_replay
from tests.payloads import (
    REPOSITORY,
    commit,
    delivered,
    delivery,
    fetched,
    moment,
    pull_request,
    review,
    review_delivery,
    sha_of,
    user,
)
from tests.processed import store, store_and_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory(slug="acme")


@pytest.fixture
def run(team):
    return Run.objects.create(team=team, kind="backfill", github_repo_id=1)


@pytest.fixture
def ids(team, run):
    """Parked, commit (of a run), review, opened (by name)."""
    opened = delivered(delivery(pull_request(), "opened", sender=user("Alice")), moment(hours=1))
    submitted = delivered(review_delivery(review(), sender=user("bob")), moment(hours=2))
    asked = Request(url=f"/repos/{REPOSITORY}/pulls/7/commits", status=200, run_id=run.pk)
    unread = delivered(delivery(pull_request(8, id="x"), "closed"), moment(hours=4))
    store_and_process(team, opened, submitted)
    store_and_process(team, fetched(commit("head 7"), moment(hours=3), request=asked), unread)
    names = ("opened", "submitted", "commit", "parked")
    return dict(zip(names, RawGitHubEvent.objects.order_by("id").values_list("pk", flat=True), strict=True))


def delivery_of(pk):
    return RawGitHubEvent.objects.get(pk=pk).delivery_id


SCOPES = {
    "action": (lambda ids, run: Scope(action="submitted"), ["submitted"]),
    "actor in any case": (lambda ids, run: Scope(actor="aLICE"), ["opened", "commit", "parked"]),
    "sha": (lambda ids, run: Scope(object_id=sha_of("head 7")), ["commit"]),
    "delivery": (lambda ids, run: Scope(delivery=delivery_of(ids["submitted"])), ["submitted"]),
    "run": (lambda ids, run: Scope(run=run.pk), ["commit"]),
    "status": (lambda ids, run: Scope(status=("parked", "pending")), ["parked"]),
    "two statuses": (lambda ids, run: Scope(status=("parked", "processed"), source="webhook"), [
        "opened", "submitted", "parked",
    ]),
}  # fmt: skip


@pytest.mark.parametrize(("scope", "names"), SCOPES.values(), ids=SCOPES)
def test_a_scope_selects_and_a_replay_of_it_changes_nothing(team, ids, run, scope, names):
    found = scope(ids, run).of_team("acme")
    assert sorted(found.matching().values_list("pk", flat=True)) == sorted(ids[name] for name in names)
    assert found.selected() == len(names)
    report = replay(found).as_json()
    assert (report["created"], report["updated"], report["deleted"]) == (0, 0, 0)


def test_every_rare_status_is_found_with_the_others(team, ids):
    store(team, delivered(delivery(pull_request(9), "opened"), moment(hours=5)))
    pending = RawGitHubEvent.objects.latest("pk").pk
    store_and_process(team, delivered(delivery(pull_request(10, id="x"), "opened"), moment(hours=6)))
    skip([RawGitHubEvent.objects.latest("pk").pk], "of no use", "a@example.com")
    skipped = RawGitHubEvent.objects.latest("pk").pk
    found = Scope(team="acme", status=("parked", "pending", "skipped")).matching()
    assert set(found.values_list("pk", flat=True)) == {ids["parked"], pending, skipped}


def test_a_run_keeps_the_scope_it_was_asked_for(team, ids):
    scope = Scope(team="acme", action="closed", actor="alice", status=("parked",), events=(ids["parked"],))
    assert Scope.of(start_replay(scope, "a@example.com")) == scope
