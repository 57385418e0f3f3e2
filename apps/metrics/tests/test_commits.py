"""Commits are shared: the row is made from all links of the sha, never from the first to arrive."""

import itertools

import pytest

from apps.metrics.models import Commit, PullRequest, PullRequestCommit
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
    sha_of,
    stamp,
    user,
)
from tests.processed import folded, store_and_process
from tests.tables import tables

A, B, C, D = (sha_of(name) for name in "ABCD")


def listed(name, parents=(), number=7, at=0, **changes):
    return fetched(commit(name, parents, **changes), moment(hours=at), number=number)


def head(name, number=7, at=0, **changes):
    given = {"head": {"sha": sha_of(name)}, "updated_at": stamp(moment(hours=at))} | changes
    return fetched(pull_request(number, **given), moment(hours=at))


def removed(projection):
    return {sha for sha, link in projection.links.items() if link.removed}


def in_every_order(*events):
    """One team for each order, each event stored and processed alone: the tables are equal. The last team."""
    seen = None
    for order in orders(events):
        team = TeamFactory()
        for event in order:
            store_and_process(team, event)
        found = tables(team)
        assert seen is None or found == seen
        seen = found
        assert verify(Scope(team=team.slug)).changed == 0
    return team


def orders(events):
    """All of three events; of more, every one first and last, forwards and backwards."""
    if len(events) <= 3:
        return itertools.permutations(events)
    turned = [events[i:] + events[:i] for i in range(len(events))]
    return turned + [order[::-1] for order in turned]


class TestForcePush:
    def test_commits_that_the_newest_head_does_not_reach_are_removed(self, anyone):
        events = [listed("A"), listed("B", "A"), listed("C", "A", at=1), head("B"), head("C", at=1)]
        for order in itertools.permutations(events):
            found = folded(anyone, *order)
            assert removed(found) == {B}
            assert found.pull_request["commits_incomplete"] is False

    def test_a_merge_keeps_both_its_sides(self, anyone):
        found = folded(anyone, listed("A"), listed("B"), listed("C", "AB"), listed("D"), head("C"))
        assert removed(found) == {D}

    @pytest.mark.parametrize("known", [[head("D")], [], [head("D", head=None)]])
    def test_while_the_head_is_not_held_all_count(self, anyone, known):
        found = folded(anyone, listed("A"), listed("B", "A"), *known)
        assert removed(found) == set()
        if known:
            assert found.pull_request["commits_incomplete"] is True

    def test_parents_that_nobody_holds_and_circles_do_not_matter(self, anyone):
        found = folded(anyone, listed("A", "XB"), listed("B", "A"), head("B"))
        assert removed(found) == set()

    def test_parents_come_from_whoever_knows_them(self, anyone):
        unknown = fetched(commit("B") | {"parents": None}, moment())
        assert removed(folded(anyone, listed("A"), unknown, head("B"))) == {A}

    @pytest.mark.django_db
    def test_a_removed_commit_is_linked_and_does_not_count(self):
        team = in_every_order(listed("A"), listed("B", "A"), head("A", at=1))
        row = Commit.for_team(team).get(github_sha=B)
        assert (row.pull_request, row.number, row.github_repo) == (None, None, "acme/shop")
        assert PullRequestCommit.for_team(team).get(sha=B).removed
        assert Commit.for_team(team).get(github_sha=A).pull_request.number == 7


@pytest.mark.django_db
class TestShared:
    def test_the_lowest_pull_request_has_it(self):
        team = in_every_order(head("A", 8), listed("A", number=8), head("A", 7), listed("A", number=7))
        assert Commit.for_team(team).get().pull_request.number == 7
        assert PullRequestCommit.for_team(team).count() == 2

    def test_the_lowest_repository_comes_before_the_number(self):
        other = repository("acme/earlier", id=5)
        team = in_every_order(
            head("A", 7),
            listed("A", number=7),
            fetched(pull_request(9, repo=other), number=9),
            fetched(commit("A"), number=9, repository_id=5, repository="acme/earlier"),
        )
        row = Commit.for_team(team).get()
        assert (row.github_repo, row.github_repo_id, row.pull_request.number) == ("acme/earlier", 5, 9)

    def test_one_that_was_removed_from_the_lowest_counts_for_the_next(self):
        team = in_every_order(
            listed("A", number=7), listed("B", number=7), head("A", 7), listed("B", number=8)
        )
        row = Commit.for_team(team).get(github_sha=B)
        assert (row.number, row.pull_request) == (8, None)

    def test_facts_are_merged_field_by_field(self):
        bare = {"sha": A, "commit": {"message": "Newer words"}}
        team = in_every_order(
            listed("A", number=8, author=user("bob"), stats={"additions": 3, "deletions": 4}),
            fetched(bare, moment(hours=1), event_type="commit", number=7),
            head("A", 7),
        )
        row = Commit.for_team(team).get()
        assert (row.message, row.author_login, row.additions, row.deletions) == ("Newer words", "bob", 3, 4)
        assert (row.authored_at, row.number) == (moment(), 7)

    def test_an_author_that_github_does_not_know(self):
        for author in (None, {}):
            team = in_every_order(
                listed("A", author=user("bob"), at=0), listed("A", number=8, author=author, at=1)
            )
            row = Commit.for_team(team).get()
            assert (row.author_login, row.author_github_id, row.author_kind) == ("", None, "")

    def test_a_commit_that_no_pull_request_was_named_for_changes_nothing(self):
        team = in_every_order(listed("A", number=7), head("A"), listed("A", number=None))
        assert Commit.for_team(team).get().pull_request.number == 7
        assert PullRequestCommit.for_team(team).count() == 1

    def test_commits_are_written_before_their_pull_request_is_known(self):
        team = TeamFactory()
        store_and_process(team, listed("A"))
        assert (Commit.objects.get().pull_request, Commit.objects.get().number) == (None, 7)
        assert not PullRequest.objects.exists()
        store_and_process(team, head("A"))
        assert Commit.objects.get().pull_request.number == 7

    def test_text_that_no_column_takes(self):
        team = in_every_order(listed("A", commit={"message": "a\x00\ud83d"}), head("A"))
        assert Commit.for_team(team).get().message == "a\ufffd\ufffd"


@pytest.mark.django_db
def test_what_the_fold_no_longer_yields_is_deleted():
    """A link that was made from events and that no event explains any more."""
    team = TeamFactory()
    store_and_process(team, head("B"), listed("A"), listed("B", "A"), listed("A", number=8))
    PullRequestCommit.objects.filter(number=7, sha=A).delete()
    link = PullRequestCommit.objects.get(number=7)
    link.pk, link.sha = None, D
    link.save()
    report = replay(Scope())
    assert set(PullRequestCommit.objects.filter(number=7).values_list("sha", flat=True)) == {A, B}
    assert (report.as_json()["deleted"], Commit.objects.filter(github_sha=D).count()) == (0, 0)
    assert replay(Scope()).changed == 0


@pytest.mark.django_db
def test_a_row_that_was_made_from_links_goes_with_the_last_of_them():
    team = TeamFactory()
    store_and_process(team, head("A"), listed("A"))
    PullRequestCommit.objects.create(
        team=team, github_repo_id=REPOSITORY_ID, number=7, sha=D, facts=PullRequestCommit.objects.get().facts
    )
    row = Commit.objects.get()
    row.pk, row.github_sha = None, D
    row.save()
    assert replay(Scope()).as_json()["deleted"] == 1
    assert list(Commit.objects.values_list("github_sha", flat=True)) == [A]


@pytest.mark.django_db
def test_a_delivery_of_a_new_head_alone_leaves_the_commits_incomplete():
    team = TeamFactory()
    store_and_process(team, head("A"), listed("A"))
    assert PullRequest.objects.get().commits_incomplete is False
    moved = pull_request(head={"sha": B}, updated_at=stamp(moment(hours=1)))
    store_and_process(team, delivered(delivery(moved, "synchronize"), moment(hours=1)))
    assert PullRequest.objects.get().commits_incomplete is True
    assert Commit.objects.get().pull_request is not None
