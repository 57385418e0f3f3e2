"""Law 3: nothing is stored twice, nothing is lost by that."""

from dataclasses import replace

import pytest

from apps.teams.factories import TeamFactory
from ingest.models import RawGitHubEvent, Stream
from tests import payloads
from tests.payloads import as_bytes, delivered, fetched, moment, review, review_delivery
from tests.processed import store

pytestmark = pytest.mark.django_db

A = review(state="APPROVED")
B = review(state="DISMISSED")


@pytest.fixture
def team():
    return TeamFactory()


def stored(team, *events, at_once=False, imported=False):
    """Which of the events were stored, in their order."""
    if at_once:
        store(team, *events, imported=imported)
        kept = list(RawGitHubEvent.objects.order_by("id").values_list("sha256", flat=True))
        assert len(kept) == sum(Stream.objects.values_list("events", flat=True))
        return len(kept)
    return [bool(store(team, event, imported=imported).ids) for event in events]


def test_a_delivery_is_stored_once(team):
    event = delivered(review_delivery(A))
    # A redelivery keeps its id; GitHub may have rendered the body anew.
    again = delivered(review_delivery(B), delivery_id=event.delivery_id, received_at=moment(days=1))
    assert stored(team, event, event, again) == [True, False, False]


def test_the_same_delivery_at_two_teams_is_two_events(team):
    event = delivered(review_delivery(A))
    assert stored(team, event) == [True]
    assert stored(TeamFactory(), event) == [True]


def test_one_delivery_twice_in_a_batch(team):
    event = delivered(review_delivery(A))
    done = store(team, event, event)
    assert (len(done.ids), done.duplicates, done.stored) == (1, 1, {"pull_request_review": 1})
    assert Stream.objects.get().events == 1


def test_deliveries_without_an_id_are_told_apart_by_what_they_say(team):
    for nothing in (None, ""):
        event = replace(delivered(review_delivery(A)), delivery_id=nothing)
        other = replace(delivered(review_delivery(B)), delivery_id=nothing)
        assert stored(TeamFactory(), event, other, event) == [True, True, False]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_fetched_object_that_did_not_change_adds_nothing(team, at_once):
    found = stored(team, *(fetched(A, moment(hours=h)) for h in range(3)), at_once=at_once)
    assert found == (1 if at_once else [True, False, False])


@pytest.mark.parametrize("at_once", [False, True])
def test_back_and_forth_is_three_events(team, at_once):
    events = [fetched(x, moment(hours=h)) for h, x in enumerate((A, B, A, A))]
    assert stored(team, *events, at_once=at_once) == (3 if at_once else [True, True, True, False])


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("order", [(A, B, A), (B, A, B)])
def test_back_and_forth_within_one_second(team, order, at_once):
    events = [fetched(x, moment()) for x in (*order, order[-1])]
    assert stored(team, *events, at_once=at_once) == (3 if at_once else [True, True, True, False])


@pytest.mark.parametrize("at_once", [False, True])
def test_back_and_forth_where_the_middle_was_a_delivery(team, at_once):
    events = [
        fetched(A, moment(hours=0)),
        delivered(review_delivery(B), moment(hours=1)),
        fetched(A, moment(hours=2)),
        fetched(A, moment(hours=3)),
    ]
    assert stored(team, *events, at_once=at_once) == (3 if at_once else [True, True, True, False])


def test_a_delivery_from_before_the_fetch_does_not_make_it_news(team):
    events = [
        delivered(review_delivery(B), moment(hours=-1)),
        fetched(A, moment(hours=0)),
        fetched(A, moment(hours=2)),
    ]
    assert stored(team, *events) == [True, True, False]


def test_a_delivery_of_unknown_time_does_not_make_it_news(team):
    events = [
        fetched(A, moment(hours=0)),
        delivered(review_delivery(B), None),
        fetched(A, moment(hours=2)),
    ]
    assert stored(team, *events) == [True, True, False]


def test_a_delivery_about_another_object_does_not_make_it_news(team):
    events = [
        fetched(A, moment(hours=0)),
        delivered(review_delivery(review(9_000_000_002)), moment(hours=1)),
        fetched(A, moment(hours=2)),
    ]
    assert stored(team, *events) == [True, True, False]


def test_what_comes_late_is_compared_with_the_newest(team):
    events = [fetched(A, moment(hours=1)), fetched(B, moment(hours=3)), fetched(A, moment(hours=2))]
    assert stored(team, *events) == [True, True, True]
    assert stored(team, fetched(B, moment(hours=4))) == [False]


def test_the_list_and_the_detail_are_two_endpoints_of_one_object(team):
    item = payloads.simple(payloads.pull_request())
    events = [fetched(item, moment(hours=h), endpoint=e) for h, e in enumerate(("pulls", "pull") * 2)]
    assert stored(team, *events) == [True, True, False, False]


def test_rest_and_graphql_are_two_sources(team):
    events = [fetched(A, moment(hours=0)), fetched(A, moment(hours=0), source="graphql")]
    assert stored(team, *events) == [True, True]


@pytest.mark.parametrize("other", [{"number": 8}, {"repository_id": 6}])
def test_the_same_commit_in_two_pull_requests_is_two_objects(team, other):
    commit = payloads.commit()
    events = [fetched(commit, moment(hours=0)), fetched(commit, moment(hours=1), **other)]
    assert stored(team, *events) == [True, True]
    assert Stream.objects.count() == 2


def test_an_answer_without_a_date_sorts_first(team):
    events = [fetched(A, None), fetched(A, None), fetched(B, moment(hours=1)), fetched(B, None)]
    assert stored(team, *events) == [True, False, True, False]
    assert stored(team, fetched(A, None)) == [True]


class TestImported:
    def test_a_line_is_known_by_what_it_says(self, team):
        line = fetched(A, moment(hours=1))
        assert stored(team, line, line, imported=True) == [True, False]

    def test_another_instant_is_another_line(self, team):
        lines = [fetched(A, moment(hours=h)) for h in range(3)]
        assert stored(team, *lines, imported=True) == [True, True, True]

    def test_back_and_forth_imported_again_adds_nothing(self, team):
        lines = [fetched(x, moment(hours=h)) for h, x in enumerate((A, B, A))]
        assert stored(team, *lines, imported=True) == [True, True, True]
        assert stored(team, *lines, imported=True) == [False, False, False]
        assert stored(TeamFactory(), *lines, *lines, at_once=True, imported=True) == 6

    def test_unknown_equals_unknown(self, team):
        line = fetched(A, None)
        assert stored(team, line, line, fetched(A, moment(hours=1)), imported=True) == [True, False, True]

    @pytest.mark.parametrize("event_type", ["push", "check_suite"])
    def test_in_a_repositorys_own_stream(self, team, event_type):
        line = replace(
            delivered({"repository": payloads.repository()}, event_type=event_type), delivery_id=None
        )
        other = replace(line, body=line.body + b" ")
        assert stored(team, line, other, line, other, imported=True) == [True, True, False, False]

    def test_another_type_source_or_object_is_another_line(self, team):
        line = fetched(A, None)
        others = [
            replace(line, source="graphql"),
            replace(line, event_type="issue_comment"),
            replace(line, number=8),
        ]
        assert stored(team, line, *others, imported=True) == [True] * 4

    def test_a_delivery_is_known_by_its_id(self, team):
        line = delivered(review_delivery(A), None)
        assert stored(team, line) == [True]
        assert stored(team, replace(line, source="import", body=as_bytes({})), imported=True) == [False]

    def test_not_imported_the_newest_decides(self, team):
        lines = [fetched(A, moment(hours=h)) for h in range(2)]
        assert stored(team, *lines, imported=True) == [True, True]
        assert stored(team, fetched(A, moment(hours=5))) == [False]
