"""A repository is its id; what it is called is one row, raised by whoever knows a newer name."""

import itertools

import pytest

from apps.metrics.models import Commit, PullRequest, Repository
from apps.teams.factories import TeamFactory
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests.payloads import (
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
    stamp,
)
from tests.processed import store, store_and_process
from tests.tables import tables

pytestmark = pytest.mark.django_db

OLD, NEW = "acme/shop", "acme/store"


def told(number, name, at, **changes):
    found = pull_request(number, repo=repository(name), updated_at=stamp(moment(hours=at)), **changes)
    return delivered(delivery(found), moment(hours=at))


def renamed(name, at, **changes):
    return delivered(repository_delivery("renamed", repository(name, **changes)), moment(hours=at))


def names():
    rows = [*PullRequest.objects.values_list("github_repo", flat=True)]
    return {*rows, *Commit.objects.values_list("github_repo", flat=True)}


@pytest.mark.parametrize("rename", [renamed(NEW, 5), told(9, NEW, 5)], ids=["told", "seen"])
def test_a_rename_in_the_middle_in_any_order(rename):
    events = [told(7, OLD, 1), fetched(commit("x"), moment(hours=2)), rename, told(8, OLD, 3)]
    seen = None
    for order in list(itertools.permutations(events))[::3]:
        team = TeamFactory()
        for event in order:
            store_and_process(team, event)
        found = tables(team)
        assert seen is None or found == seen
        seen = found
        assert verify(Scope(team=team.slug)).changed == 0
    assert names() == {NEW}
    numbers = [row["number"] for row in seen["PullRequest"]]
    assert len(numbers) == len(set(numbers))
    assert [r["full_name"] for r in seen["Repository"]] == [NEW]


def test_a_rename_counts_every_row_that_follows():
    team = TeamFactory()
    store_and_process(team, told(7, OLD, 1), told(8, OLD, 1), fetched(commit("x"), moment(hours=2)))
    outcome = store_and_process(team, renamed(NEW, 5)).outcome
    assert (outcome.counts["updated"], outcome.repositories) == (3, 1)
    assert replay(Scope()).changed == 0


def test_a_newer_message_with_the_same_name_changes_no_row():
    team = TeamFactory()
    store_and_process(team, told(7, OLD, 1), told(8, OLD, 1))
    outcome = store_and_process(team, told(9, OLD, 5)).outcome
    assert (outcome.counts["updated"], outcome.counts["created"]) == (0, 1)


def test_an_old_name_that_came_late_changes_nothing():
    team = TeamFactory()
    store_and_process(team, told(7, NEW, 5))
    store_and_process(team, told(7, OLD, 1), told(8, OLD, 2))
    assert names() == {NEW}
    assert PullRequest.objects.count() == 2


def test_an_old_name_that_another_repository_took():
    team = TeamFactory()
    other = repository(OLD, id=6)
    store_and_process(team, told(7, OLD, 1), renamed(NEW, 5))
    taken = delivered(
        delivery(pull_request(7, repo=other, updated_at=stamp(moment(hours=6)))), moment(hours=6)
    )
    store_and_process(team, taken)
    assert dict(PullRequest.objects.values_list("github_repo_id", "github_repo")) == {
        REPOSITORY_ID: NEW,
        6: OLD,
    }


def test_a_request_by_the_old_name_does_not_bring_it_back():
    """The request's name is ours, not GitHub's: a redirect answers what is asked by a former name."""
    team = TeamFactory()
    found = pull_request(7, repo=repository(NEW))
    events = [
        fetched(found, moment(hours=5), repository=OLD),
        fetched(review(), moment(hours=6), repository=OLD),
        fetched(commit("x"), moment(hours=7), repository=OLD),
    ]
    for event in events:
        store_and_process(team, event)
    assert names() == {NEW}
    assert verify(Scope()).changed == 0


def test_a_request_names_what_nothing_else_does():
    store_and_process(TeamFactory(), fetched(commit("x"), moment(hours=7)))
    assert names() == {OLD}


class TestFacts:
    @pytest.mark.parametrize(
        ("action", "changes", "expected"),
        [
            ("privatized", {"private": True}, {"private": True, "deleted": False}),
            ("publicized", {"private": False}, {"private": False, "deleted": False}),
            ("archived", {"archived": True}, {"archived": True}),
            ("deleted", {}, {"deleted": True}),
            ("edited", {"default_branch": "trunk"}, {"default_branch": "trunk"}),
        ],
    )
    def test_what_repository_deliveries_say(self, action, changes, expected):
        team = TeamFactory()
        store_and_process(team, told(7, OLD, 1))
        row = Repository.objects.get()
        assert (row.private, row.archived, row.deleted, row.default_branch) == (None, None, None, None)
        event = delivered(repository_delivery(action, repository(OLD, **changes)), moment(hours=2))
        store_and_process(team, event)
        row.refresh_from_db()
        assert {name: getattr(row, name) for name in expected} == expected
        assert replay(Scope()).changed == 0

    def test_the_newest_says_it_in_any_order(self):
        events = [
            delivered(
                repository_delivery(action, repository(OLD, archived=action == "archived")), moment(hours=h)
            )
            for h, action in enumerate(("created", "archived", "deleted", "unarchived"))
        ]
        for order in itertools.permutations(events):
            team = TeamFactory()
            for event in order:
                store_and_process(team, event)
            row = Repository.for_team(team).get()
            assert (row.archived, row.deleted) == (False, False)

    def test_facts_of_a_repository_that_nobody_named_yet(self):
        nameless = {"action": "archived", "repository": {"id": REPOSITORY_ID, "archived": True}}
        facts, named = delivered(nameless, moment(hours=1)), told(7, OLD, 2)
        for order in ((facts, named), (named, facts)):
            team = TeamFactory()
            for event in order:
                store_and_process(team, event)
                assert verify(Scope(team=team.slug)).changed == 0
            row = Repository.for_team(team).get()
            assert (row.full_name, row.archived) == (OLD, True)


def test_a_name_changed_by_hand_goes_back_at_the_next_replay():
    team = TeamFactory()
    store_and_process(team, told(7, OLD, 1))
    for edited in ("a/a", "z/z"):
        Repository.objects.update(full_name=edited)
        assert verify(Scope()).changed > 0
        replay(Scope())
        assert Repository.objects.get().full_name == OLD
        assert names() == {OLD}
        assert replay(Scope()).changed == 0


def test_without_an_instant_the_content_decides():
    seen = set()
    for order in itertools.permutations(["a/a", "b/b", "c/c"]):
        team = TeamFactory()
        for name in order:
            found = pull_request(7, repo=repository(name))
            store(team, delivered(delivery(found), None))
        replay(Scope(team=team.slug))
        seen.add(Repository.for_team(team).get().full_name)
    assert len(seen) == 1
