"""What one node of a GraphQL answer set, and what it lost, as explain says it."""

import pytest

from apps.teams.factories import TeamFactory
from ingest.inspection.diff import changes
from ingest.inspection.explain import explain
from ingest.inspection.order import place, previous
from ingest.models import RawGitHubEvent
from tests.nodes import commit_node, fetched_node, node, page, ready, review_node
from tests.payloads import delivered, delivery, moment, pull_request, stamp
from tests.processed import store_and_process

pytestmark = pytest.mark.django_db

PARTIAL = {"number": 7, "reviews": page(review_node(9_000_000_002))}


@pytest.fixture
def team():
    team = TeamFactory()
    later = stamp(moment(hours=4))
    whole = node(
        title="New",
        updatedAt=later,
        reviews=page(review_node()),
        commits=page(commit_node("head 7")),
        timelineItems=page(ready(moment(hours=1))),
    )
    partial = {**PARTIAL, "fullDatabaseId": whole["fullDatabaseId"]}
    store_and_process(
        team,
        delivered(delivery(pull_request(title="Old")), moment(hours=2)),
        fetched_node(node(title="Older"), moment(hours=3)),
        fetched_node(whole, moment(hours=5)),
        fetched_node(partial, moment(hours=6), endpoint="pull/reviews/2"),
    )
    return team


def test_each_field_names_the_event_that_set_it(team):
    delivered_id, older, whole, partial = (
        RawGitHubEvent.for_team(team).order_by("pk").values_list("pk", flat=True)
    )
    stream = RawGitHubEvent.for_team(team).first()
    found = explain((team.pk, stream.repository_id, 7))
    fields = {why.name: why for why in found.fields}
    assert (fields["title"].value, fields["title"].event_id) == ("New", whole)
    assert fields["ready_at"].event_id == whole
    assert {review.review_id: review.fields[0].event_id for review in found.reviews} == {
        9_000_000_001: whole,
        9_000_000_002: partial,
    }
    assert [commit.event_ids for commit in found.commits] == [[whole]]
    assert sorted(lost.event_id for lost in fields["title"].lost) == [delivered_id, older]
    assert not any(why.differs for why in found.fields)


def test_deliveries_and_nodes_are_versions_of_one_object(team):
    events = list(RawGitHubEvent.for_team(team).order_by("pk"))
    assert len({event.object_id for event in events}) == 1
    assert previous(events[2]).pk in (events[0].pk, events[1].pk)
    assert place(events[2]) > place(events[1])
    assert next(changes(events[1].payload, events[2].payload), None) is not None
