"""Law 5: order, repetition, batches, chunks and moments of processing don't matter."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics.models import TeamMember
from apps.teams.models import Team
from ingest.log.append import append
from ingest.log.facts import NewEvent
from ingest.models import Stream
from ingest.replay.processing import process
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests import payloads
from tests.laws.examples import examples, undone
from tests.laws.histories import histories
from tests.tables import tables

pytestmark = pytest.mark.django_db

numbers = count()
EXAMPLES = examples(60)


def new_team() -> Team:
    team = Team.objects.create(name="Law", slug=f"law-{next(numbers)}")
    TeamMember.objects.create(team=team, display_name="Alice", github_id=str(payloads.number_of("alice")))
    return team


def process_pending(team: Team, most: int) -> None:
    keys = (
        Stream.for_team(team)
        .filter(events__gt=F("applied"))
        .values_list("team_id", "repository_id", "number")
    )
    pending = sorted(keys)
    for i in range(0, len(pending), most):
        process(pending[i : i + most])


def in_order(history: list[NewEvent]) -> Team:
    team = new_team()
    append(team, history, imported=True)
    process_pending(team, 500)
    return team


@examples(120)
@given(st.data())
@undone
def test_any_order_repetition_batch_and_chunk_give_the_same_tables(data: Any) -> None:
    history = data.draw(histories())
    expected = tables(in_order(history))
    repeated = data.draw(st.lists(st.sampled_from(history), max_size=4))
    shuffled = data.draw(st.permutations(history + repeated))
    team = new_team()
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        batch, shuffled = shuffled[:size], shuffled[size:]
        append(team, batch, imported=True)
        if data.draw(st.booleans()):
            process_pending(team, data.draw(st.integers(1, 3)))
    process_pending(team, data.draw(st.integers(1, 3)))
    assert tables(team) == expected
    assert verify(Scope(team=team.slug)).changed == 0


@EXAMPLES
@given(histories())
@undone
def test_a_second_replay_changes_nothing(history: list[NewEvent]) -> None:
    team = in_order(history)
    before = tables(team)
    report = replay(Scope(team=team.slug))
    assert report.changed == 0
    assert tables(team) == before


@EXAMPLES
@given(histories(), st.data())
@undone
def test_a_scope_only_selects_streams(history: list[NewEvent], data: Any) -> None:
    """A selected stream is folded whole: on an up-to-date database no scope changes a row."""
    team = in_order(history)
    scope = data.draw(
        st.one_of(
            st.builds(Scope, source=st.sampled_from(["webhook", "rest", "import"])),
            st.builds(Scope, event_type=st.sampled_from(["pull_request", "pull_request_review", "commit"])),
            st.builds(Scope, since=st.integers(0, 4).map(lambda s: payloads.moment(seconds=s))),
            st.builds(Scope, until=st.integers(0, 4).map(lambda s: payloads.moment(seconds=s))),
            st.builds(Scope, pr=st.sampled_from([7, 8])),
            st.builds(Scope, parked=st.just(True)),
            st.builds(Scope, pending=st.just(True)),
            st.builds(Scope, stale=st.just(True)),
        )
    )
    before = tables(team)
    report = replay(scope)
    assert report.changed == 0
    assert tables(team) == before


@EXAMPLES
@given(histories(), st.data())
@undone
def test_folding_a_part_first_changes_nothing_in_the_end(history: list[NewEvent], data: Any) -> None:
    """Law 4: whatever mix of sources came first, the rows are those of the whole set."""
    expected = tables(in_order(history))
    team = new_team()
    webhooks = [event for event in history if event.source == "webhook"]
    fetches = [event for event in history if event.source != "webhook"]
    for part in data.draw(st.permutations([webhooks, fetches])):
        append(team, part, imported=True)
        process_pending(team, 500)
    assert tables(team) == expected
