import pytest

from apps.teams.factories import TeamFactory
from ingest.live.backlog import Backlog, backlog
from ingest.models import Stream
from tests import payloads
from tests.payloads import delivered, delivery, moment, pull_request
from tests.processed import store, store_and_process

pytestmark = pytest.mark.django_db


def told(number, **after_start):
    at = moment(**after_start)
    return delivered(delivery(pull_request(number, updated_at=payloads.stamp(at))), at)


def test_nothing_waits():
    assert backlog() == Backlog(0, None)


def test_the_oldest_that_is_not_applied():
    team = TeamFactory()
    store_and_process(team, told(1), told(2, hours=1))
    store(team, told(1, hours=9), told(1, hours=5), told(2, hours=7))
    assert backlog() == Backlog(2, moment(hours=5))


def test_what_has_no_processor_does_not_wait():
    team = TeamFactory()
    store(team, delivered({"zen": "."}, event_type="star"))
    assert backlog() == Backlog(0, None)
    on_pull = {"action": "labeled", "pull_request": pull_request(), "repository": payloads.repository()}
    store(team, told(7, hours=3), delivered(on_pull, moment(hours=1), event_type="unknown_type"))
    assert backlog() == Backlog(1, moment(hours=3))


def test_events_to_be_read_again_all_wait():
    team = TeamFactory()
    store_and_process(team, told(1), told(1, hours=1))
    Stream.objects.update(applied=-1)
    assert backlog() == Backlog(1, moment())


def test_of_one_team():
    ours, others = TeamFactory(), TeamFactory()
    store(others, told(1))
    store(ours, told(1, hours=1))
    assert backlog(ours) == Backlog(1, moment(hours=1))
    assert backlog() == Backlog(2, moment())
