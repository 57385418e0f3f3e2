"""A node of a GraphQL answer tells what deliveries would have told (law 4)."""

import json

import pytest
from msgspec import UNSET

from apps.metrics.processors import Unreadable
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.log.placing import place
from ingest.models import ParkedEvent
from ingest.routing import HANDLED
from ingest.shapes import decode
from tests.nodes import bot, node, page, ready, review_node, user_node
from tests.nodes import commit_node as commit
from tests.nodes import fetched_node as fetched
from tests.payloads import (
    ABSENT,
    REPOSITORY_ID,
    START,
    delivered,
    delivery,
    merged,
    moment,
    number_of,
    pull_request,
    review,
    review_delivery,
    sha_of,
    stamp,
    user,
)
from tests.payloads import commit as item
from tests.payloads import fetched as fetched_item
from tests.processed import folded, store_and_process
from tests.tables import tables

from .test_shapes import stored

TEAM = Team(pk=3)


def told(found):
    return decode(stored(fetched(found)))


def test_each_object_goes_to_its_own_processor():
    found = told(
        node(reviews=page(review_node()), commits=page(commit("a"), commit("b")), timelineItems=page(ready()))
    )
    assert [event_type for event_type, _ in found] == [
        "pull_request", "pull_request_review", "commit", "commit", "pull_request",
    ]  # fmt: skip
    for event_type, payload in found:
        assert type(payload) is HANDLED[event_type].payload_type
        assert (payload.repository.id, payload.repository.full_name) == (REPOSITORY_ID, "acme/shop")
    assert found[-1][1].action == "ready_for_review"
    assert found[0][1].action is None


def test_the_fields_of_a_pull_request():
    ((_, payload),) = told(
        node(
            state="MERGED",
            mergedAt=stamp(moment(hours=3)),
            mergeCommit={"oid": "a" * 40},
            headRepository=None,
        )
    )
    found = payload.pull_request
    assert (found.id, found.number, found.state) == (number_of(f"{REPOSITORY_ID}#7"), 7, "closed")
    assert found.merged_at == moment(hours=3)
    assert found.merge_commit_sha == "a" * 40
    assert (found.head.ref, found.head.sha, found.head.repo) == ("topic-7", sha_of("head 7"), None)
    assert (found.base.repo.id, found.base.repo.full_name, found.base.repo.private) == (
        REPOSITORY_ID,
        "acme/shop",
        True,
    )
    assert (found.additions, found.deletions, found.changed_files, found.commits) == (10, 2, 3, 1)


@pytest.mark.parametrize(
    ("merge", "test_merge", "sha"),
    [
        ({"oid": "a"}, {"oid": "b"}, "a"),
        ({"oid": "a"}, ABSENT, "a"),
        (None, {"oid": "b"}, "b"),
        (None, None, None),
        (None, ABSENT, UNSET),
        (ABSENT, {"oid": "b"}, UNSET),
    ],
)
def test_the_merge_commit_is_the_test_merge_until_it_is_merged(merge, test_merge, sha):
    ((_, payload),) = told(node(mergeCommit=merge, potentialMergeCommit=test_merge))
    assert payload.pull_request.merge_commit_sha == sha


@pytest.mark.parametrize(
    ("author", "login", "kind"),
    [
        (bot("renovate"), "renovate[bot]", "Bot"),
        (bot("renovate[bot]"), "renovate[bot]", "Bot"),
        (user_node("alice"), "alice", "User"),
        (user_node("old-hand", __typename="Mannequin"), "old-hand", "Mannequin"),
    ],
)
def test_logins_are_those_of_rest(author, login, kind):
    ((_, payload),) = told(node(author=author))
    assert (payload.pull_request.user.login, payload.pull_request.user.type) == (login, kind)
    assert place(3, fetched(node(author=author))).derived.actor == login


def test_nobody_is_the_ghost():
    found = told(
        node(author=None, reviews=page(review_node(author=None)), commits=page(commit("a", user=None)))
    )
    assert [found[0][1].pull_request.user, found[1][1].review.user, found[2][1].commit.author] == [None] * 3


def test_a_further_page_says_nothing_of_the_pull_request():
    partial = {"fullDatabaseId": "3000000007", "number": 7, "reviews": page(review_node())}
    assert [event_type for event_type, _ in told(partial)] == ["pull_request_review"]
    both = folded(
        TEAM, fetched(node(title="Kept")), fetched(partial, moment(hours=5), endpoint="pull/reviews")
    )
    assert both.pull_request["title"] == "Kept"
    assert len(both.reviews) == 1


def test_a_further_page_of_ready_moments_makes_no_pull_request():
    """Where the whole node is parked or not there: one without a title or an opening would be false."""
    rest = {"fullDatabaseId": node()["fullDatabaseId"], "number": 7, "timelineItems": page(ready())}
    alone = fetched(rest, moment(hours=5), endpoint="pull/timelineItems/2")
    assert folded(TEAM, alone).pull_request is None
    whole = fetched(node(updatedAt=stamp(moment(minutes=30))), moment(hours=4))
    for order in ((whole, alone), (alone, whole)):
        found = folded(TEAM, *order).pull_request
        assert (found["title"], found["ready_at"]) == ("Change 7", moment(hours=1))
        assert found["pr_updated_at"] == moment(minutes=30)


def test_what_github_failed_to_read_is_left_out():
    found = told(node(reviews=None, labels=None, commits={"nodes": [None, commit("a")]}))
    assert [event_type for event_type, _ in found] == ["pull_request", "commit"]
    assert found[0][1].pull_request.labels is UNSET
    assert found[0][1].pull_request.commits is UNSET


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"fullDatabaseId": "x7"}, "$.fullDatabaseId"),
        ({"fullDatabaseId": str(2**63)}, "$.fullDatabaseId"),
        ({"state": "BORED"}, "$.state"),
        (
            {"reviews": page(review_node(), review_node(fullDatabaseId="no"))},
            "$.reviews.nodes[1].fullDatabaseId",
        ),
        ({"commits": page(commit("a", committedDate=5))}, "$.commits.nodes[0].commit.committedDate"),
        ({"createdAt": "1869-01-01T00:00:00Z"}, ""),
    ],
)
def test_an_unreadable_part_is_named(changes, path):
    with pytest.raises(Unreadable) as refused:
        told(node(**changes))
    assert refused.value.path == path


def test_an_event_of_another_type():
    with pytest.raises(Unreadable, match="no objects of type 'commit'"):
        decode(stored(fetched(node(), event_type="commit")))


@pytest.mark.django_db
def test_a_node_that_cannot_be_read_harms_itself_only():
    team = TeamFactory()
    store_and_process(
        team, fetched(node(title="Good")), fetched(node(title="Bad", state="BORED"), moment(hours=5))
    )
    assert tables(team)["PullRequest"][0]["title"] == "Good"
    assert ParkedEvent.for_team(team).get().path == "$.state"


def test_the_envelope_of_a_node():
    found = place(
        3, fetched(node(updatedAt=stamp(moment(hours=2))), moment(hours=9), repository_id=None, number=None)
    )
    assert found.key == (3, REPOSITORY_ID, 7)
    assert found.derived.object_id == str(number_of(f"{REPOSITORY_ID}#7"))
    assert (found.derived.actor, found.derived.occurred_at) == ("alice", moment(hours=2))
    odd = fetched(json.dumps({"number": 7, "fullDatabaseId": [], "baseRepository": "\ud800"}).encode())
    assert place(3, odd).key == (3, REPOSITORY_ID, 7)


MERGED = merged(7, at=moment(hours=9), draft=False, labels=[{"name": "hotfix"}], user=user("renovate[bot]"))
AS_NODE = node(
    state="MERGED", isDraft=False, labels=page({"name": "hotfix"}), author=bot("renovate"),
    mergedAt=stamp(moment(hours=9)), closedAt=stamp(moment(hours=9)), updatedAt=stamp(moment(hours=9)),
    reviews=page(review_node(submittedAt="2026-03-02T12:00:00Z")), timelineItems=page(ready()),
)  # fmt: skip


@pytest.mark.django_db
def test_the_rows_are_those_of_the_deliveries():
    verdict = review(submitted_at="2026-03-02T12:00:00Z")
    draft = pull_request(7, draft=False, user=user("renovate[bot]"), updated_at=stamp(moment(hours=1)))
    deliveries = [
        delivered(delivery(draft, "ready_for_review"), moment(hours=1)),
        delivered(delivery(MERGED, "closed"), moment(hours=9)),
        delivered(review_delivery(verdict, of=MERGED), moment(hours=9)),
    ]
    rows = {}
    for name, events in {"webhook": deliveries, "graphql": [fetched(AS_NODE, moment(hours=20))]}.items():
        team = TeamFactory(slug=name)
        store_and_process(team, *events)
        found = tables(team)
        rows[name] = [
            {k: v for k, v in row.items() if k != "last_event_id"}
            for row in (*found["PullRequest"], *found["PRReview"])
        ]
    assert rows["graphql"] == rows["webhook"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "odd",
    [
        "2106-02-07T06:28:15Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+10:00",
        "2026-03-02T09:00:00",
        "yesterday",
        "",
    ],
)
@pytest.mark.parametrize("which", ["author", "committer"])
def test_a_git_date_that_is_none_costs_nothing_but_itself(odd, which):
    """The machine of whoever made the commit wrote it. Both APIs repeat it, and both tell the same then."""
    by_rest, by_graphql = TeamFactory(slug="rest"), TeamFactory(slug="graphql")
    git = item("b")["commit"]
    store_and_process(
        by_rest,
        fetched_item(pull_request()),
        fetched_item(item("a")),
        fetched_item(item("b", commit=git | {which: {"date": odd}})),
    )
    dated = commit("b", **{"author": {"authoredDate": odd}, "committer": {"committedDate": odd}}[which])
    store_and_process(by_graphql, fetched(node(commits=page(commit("a"), dated))))
    found = {team.slug: tables(team) for team in (by_rest, by_graphql)}
    for rows in found.values():
        assert (len(rows["PullRequest"]), rows["ParkedEvent"]) == (1, [])
        times = {row["github_sha"]: (row["authored_at"], row["committed_at"]) for row in rows["Commit"]}
        known = (None, START) if which == "author" else (START, None)
        assert times == {sha_of("a"): (START, START), sha_of("b"): known}
