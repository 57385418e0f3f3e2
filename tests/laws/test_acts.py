"""Law 5, with what people do in between: purge, skip and undo, reindex, replay."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.teams.models import Team
from ingest.log.append import append
from ingest.log.placing import place
from ingest.log.purging import purge
from ingest.log.reindexing import reindex
from ingest.models import ParkedEvent, RawGitHubEvent, SkippedEvent
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from ingest.replay.skipping import skip, undo
from tests.laws.examples import examples, undone
from tests.laws.histories import NAMES, histories
from tests.laws.test_order import in_order, new_team, process_pending
from tests.tables import Rows, tables

pytestmark = pytest.mark.django_db

ACTS = ("process", "purge", "skip", "undo", "reindex", "replay")


def rows(team: Team) -> dict[str, Rows]:
    """Skipped events are parked no more, and have made no row either way."""
    return {name: found for name, found in tables(team).items() if name != "ParkedEvent"}


@examples(60)
@given(st.data())
@undone
def test_rows_are_those_of_the_events_that_are_left(data: Any) -> None:
    history = data.draw(histories(most=16))
    team = new_team()
    left = []

    def some(found: Any) -> list[int]:
        ids: list[int] = sorted(found.values_list("event_id", flat=True))
        return data.draw(st.lists(st.sampled_from(ids), min_size=1, unique=True)) if ids else []

    for _ in range(data.draw(st.integers(2, 8))):
        batch = data.draw(st.lists(st.sampled_from(history), max_size=6, unique_by=id))
        append(team, batch, imported=True)
        left += [event for event in batch if event not in left]
        match data.draw(st.sampled_from(ACTS)):
            case "process":
                process_pending(team, data.draw(st.integers(1, 3)))
            case "purge":
                repository_id = data.draw(st.sampled_from(sorted(NAMES)))
                purge(team, {repository_id: "acme/any"}, "ann@example.com")
                left = [event for event in left if place(team.pk, event).key[1] != repository_id]
            case "skip":
                if ids := some(ParkedEvent.for_team(team).exclude(event=None)):
                    skip(ids, "of no use", "ann@example.com")
            case "undo":
                if ids := some(SkippedEvent.for_team(team)):
                    undo(ids, "ann@example.com")
            case "reindex":
                # Not later than it is: a repository's name, once raised, is never lowered.
                RawGitHubEvent.for_team(team).update(instant=None)
                replay(Scope(team=team.slug))
                reindex(RawGitHubEvent.for_team(team))
            case "replay":
                replay(Scope(team=team.slug))
    process_pending(team, data.draw(st.integers(1, 3)))
    assert RawGitHubEvent.for_team(team).count() == len(left)
    assert verify(Scope(team=team.slug)).changed == 0
    assert rows(team) == rows(in_order(left))
