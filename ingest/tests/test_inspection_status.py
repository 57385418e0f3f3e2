"""Law 10: the status of an event is computed, and exact."""

import pytest

from apps.metrics.projection.version import VERSION
from apps.teams.factories import TeamFactory
from ingest.inspection.listing import page
from ingest.inspection.status import STATUSES, having, statuses, with_status
from ingest.log import streams
from ingest.models import ParkedEvent, RawGitHubEvent, Stream
from ingest.replay.skipping import skip
from ingest.routing import IGNORED
from tests.payloads import (
    as_bytes,
    delivered,
    fetched,
    merged,
    moment,
    pull_request,
    repository,
    repository_delivery,
    review,
    review_delivery,
)
from tests.payloads import delivery as about
from tests.processed import store, store_and_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory()


def status_of(event_id):
    (event,) = with_status(RawGitHubEvent.objects.filter(pk=event_id))
    return statuses([event])[event_id]


def stored(team, *events):
    return store(team, *events).ids


def processed(team, *events):
    before = set(RawGitHubEvent.objects.values_list("pk", flat=True))
    store_and_process(team, *events)
    return sorted(set(RawGitHubEvent.objects.values_list("pk", flat=True)) - before)


def comment(at=None):
    payload = {
        "action": "created",
        "issue": {"number": 7, "pull_request": {}},
        "repository": repository(),
        "comment": {"id": 1, "body": str(at)},
    }
    return delivered(payload, at or moment(), "issue_comment")


def unreadable(at=None):
    return delivered(about(pull_request(state="strange")), at or moment())


def test_an_event_is_pending_until_its_stream_is_processed(team):
    (event_id,) = stored(team, delivered(about(pull_request())))
    assert status_of(event_id).name == "pending"
    assert processed(team, delivered(about(merged(), "closed"), moment(hours=24)))
    assert status_of(event_id) == ("processed", "", "")


def test_of_a_pending_stream_only_the_events_that_came_later_are_pending(team):
    (first,) = processed(team, delivered(about(pull_request())))
    (second,) = stored(team, delivered(about(merged(), "closed"), moment(hours=24)))
    # Neither counts as unapplied, so neither may hide the pending one or be taken for it.
    (remark,) = stored(team, comment())
    (elsewhere,) = processed(team, delivered(about(pull_request(8))))
    assert [status_of(i).name for i in (first, second, remark, elsewhere)] == [
        "processed",
        "pending",
        "unhandled",
        "processed",
    ]


def test_all_events_of_a_stream_that_is_to_be_read_again_are_pending(team):
    ids = processed(team, delivered(about(pull_request())), fetched(pull_request(), moment(hours=1)))
    streams.reread([(team.pk, Stream.objects.get().repository_id, 7)])
    (newest,) = stored(team, comment())
    assert {status_of(i).name for i in ids} == {"pending"}
    assert status_of(newest).name == "unhandled"


def test_a_parked_event_says_what_is_wrong_and_where(team):
    (good, bad) = processed(team, delivered(about(pull_request())), unreadable())
    assert status_of(good).name == "processed"
    found = status_of(bad)
    assert (found.name, found.reason) == ("parked", "Unreadable at $.pull_request.state")
    assert found.said.startswith("Invalid enum value 'strange'")
    assert found.told == f"{found.reason}: {found.said}"


def test_a_parked_event_stays_parked_while_its_stream_is_pending_again(team):
    (bad,) = processed(team, unreadable())
    (newer,) = stored(team, delivered(about(pull_request()), moment(hours=1)))
    assert [status_of(i).name for i in (bad, newer)] == ["parked", "pending"]


def test_with_a_whole_stream_parked_its_events_are_and_newer_ones_are_pending(team):
    (old,) = processed(team, delivered(about(pull_request())))
    ParkedEvent.objects.create(team=team, stream=Stream.objects.get(), error="DataError", message="too long")
    (new,) = stored(team, delivered(about(merged()), moment(hours=24)))
    assert status_of(old) == ("parked", "its whole stream: DataError", "too long")
    assert status_of(new).name == "pending"


def test_an_ignored_type_tells_the_reason_of_the_routing_table(team):
    (event_id,) = stored(
        team, delivered({"repository": repository(), "ref": "refs/heads/main"}, event_type="push")
    )
    assert status_of(event_id) == ("ignored", IGNORED["push"], "")


def test_an_unknown_type_is_unhandled(team):
    (event_id,) = stored(team, delivered({"repository": repository()}, event_type="brand_new"))
    assert status_of(event_id) == ("unhandled", "there is no processor for brand_new yet", "")


def test_rows_of_an_older_version_are_named(team):
    (event_id,) = processed(team, delivered(about(pull_request())))
    Stream.objects.update(version=VERSION - 1)
    assert status_of(event_id).reason == f"by version {VERSION - 1} of the processors; now it is {VERSION}"


def everything(team):
    """Each status at least once."""
    processed(team, delivered(about(pull_request())), unreadable(), comment())
    skip(processed(team, unreadable(moment(hours=1))), "sent once so", "ann@example.com")
    stored(team, delivered(review_delivery(review()), moment(hours=2)))
    stored(team, delivered(repository_delivery()))
    stored(team, delivered({"repository": repository()}, event_type="push"))
    stored(team, delivered(b"no json", event_type="pull_request"))


@pytest.mark.parametrize("name", STATUSES)
def test_selecting_by_status_finds_exactly_the_events_that_have_it(team, name):
    everything(team)
    expected = {e.pk for e in with_status(RawGitHubEvent.objects.all()) if e.status == name}
    assert expected
    assert {e.pk for e in having(RawGitHubEvent.objects.all(), [name])} == expected


def test_an_unknown_status_is_refused():
    with pytest.raises(ValueError, match="dubious"):
        having(RawGitHubEvent.objects.all(), ["dubious"])


def test_pages_go_on_where_the_last_one_ended_whatever_is_stored_meanwhile(team):
    everything(team)
    wanted = list(RawGitHubEvent.objects.order_by("-id").values_list("pk", flat=True))
    found, before = [], None
    while True:
        shown = page(RawGitHubEvent.objects.all(), limit=2, before=before)
        found += [line.id for line in shown.events]
        if shown.before is None:
            break
        before = shown.before
        stored(team, delivered(about(pull_request(len(found))), moment(days=len(found))))
    assert found == wanted


def test_a_last_page_that_is_full_says_that_it_is_the_last(team):
    stored(team, delivered(about(pull_request())), delivered(about(pull_request()), moment(hours=1)))
    assert page(RawGitHubEvent.objects.all(), limit=2).before is None


def test_a_page_reads_no_body_and_asks_as_much_for_many_events_as_for_two(
    team, django_assert_max_num_queries
):
    store(team, *[delivered(about(pull_request(n)), moment(hours=n)) for n in range(1, 30)])
    with django_assert_max_num_queries(3) as asked:
        assert len(page(RawGitHubEvent.objects.all(), limit=20).events) == 20
    assert not [q for q in asked.captured_queries if "packed" in q["sql"]]


def test_a_line_has_what_a_list_shows(team):
    (event_id,) = stored(team, delivered(about(pull_request(), "opened"), moment(hours=1)))
    (line,) = page(RawGitHubEvent.objects.all()).events
    assert (line.id, line.time, line.source, line.kind, line.place, line.actor, line.size) == (
        event_id,
        moment(hours=1),
        "webhook",
        "pull_request.opened",
        "acme/shop#7",
        "alice",
        len(as_bytes(about(pull_request(), "opened"))),
    )
