"""Law 7: with `into`, a processor only folds."""

import msgspec
import pytest

from apps.metrics import processors
from apps.metrics.processors import StreamState, payloads
from apps.metrics.projection.project import project
from apps.teams.factories import TeamFactory
from ingest.routing import HANDLED
from tests.payloads import REPOSITORY_ID, commit, delivery, pull_request, repository, review, review_delivery

CALLS = {
    "pull_request": delivery(pull_request(), "ready_for_review"),
    "pull_request_review": review_delivery(review()),
    "commit": {"commit": commit(), "repository": repository()},
    "repository": {"action": "renamed", "repository": repository()},
    "ping": {"zen": "Keep it logically awesome.", "repository": repository()},
}


def test_every_processor_is_called_here():
    assert CALLS.keys() == HANDLED.keys()
    exported = {v for v in vars(processors).values() if isinstance(v, processors.Processor)}
    assert exported == set(HANDLED.values())


@pytest.mark.django_db
@pytest.mark.parametrize("event_type", CALLS)
def test_no_query(django_assert_num_queries, event_type):
    team, state = TeamFactory(), StreamState(1, REPOSITORY_ID, 7)
    processor, payload = HANDLED[event_type], CALLS[event_type]
    with django_assert_num_queries(0):
        assert processor(team, payload, into=state.for_event(1, None, "a")) is None
        decoded = msgspec.convert(payload, processor.payload_type)
        assert processor(team, decoded, into=state.for_event(2, 5, "b")) is None
        project(state)


@pytest.mark.parametrize("event_type", CALLS)
def test_a_payload_is_left_as_it_was(anyone, event_type):
    processor, payload = HANDLED[event_type], CALLS[event_type]
    before = msgspec.json.encode(payload)
    processor(anyone, payload, into=StreamState(1, REPOSITORY_ID, 7).for_event(1, None, "a"))
    assert msgspec.json.encode(payload) == before


def test_a_processor_has_its_own_name_and_words():
    found = processors.handle_pull_request_event
    assert found.__name__ == "handle_pull_request_event"
    assert "any action" in found.__doc__
    assert found.payload_type is payloads.PullRequestDelivery
