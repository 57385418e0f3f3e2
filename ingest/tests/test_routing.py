import pytest

from apps.teams.factories import TeamFactory
from ingest.models import Stream
from ingest.replay.replaying import replay
from ingest.replay.scope import Scope
from ingest.routing import HANDLED, IGNORED, OBJECTS
from ingest.shapes.delivery import DECODERS
from tests.payloads import delivered, repository
from tests.processed import store_and_process


def test_no_type_is_both_handled_and_ignored():
    assert not HANDLED.keys() & IGNORED.keys()
    assert all(IGNORED.values())
    assert OBJECTS.keys() <= HANDLED.keys()


@pytest.mark.django_db
def test_a_type_that_gains_a_processor_is_replayed(monkeypatch):
    team = TeamFactory()
    event = delivered({"repository": repository("acme/new")}, event_type="star")
    store_and_process(team, event)
    assert Stream.objects.get().pending == 0
    monkeypatch.setitem(HANDLED, "star", HANDLED["ping"])
    monkeypatch.setitem(DECODERS, "star", DECODERS["ping"])
    assert replay(Scope(event_type="star")).changed == 1
