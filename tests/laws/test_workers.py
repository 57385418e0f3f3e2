"""Law 5: any number of workers and any size of chunks give the same tables, with kills in between."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.log.append import append
from ingest.models import Chunk, Run
from ingest.replay import cutting
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from ingest.replay.sharing import Share, TakenAway, take
from ingest.replay.starting import begin
from tests.laws.examples import examples, undone
from tests.laws.histories import histories
from tests.laws.test_order import in_order, new_team
from tests.tables import tables

pytestmark = pytest.mark.django_db

EXAMPLES = examples(60)


@EXAMPLES
@given(histories(), st.data())
@undone
def test_any_number_of_workers_gives_the_tables_of_one(history: Any, data: Any) -> None:
    expected = in_order(history)
    team = new_team()
    append(team, history, imported=True)
    run = begin(Scope(team=team.slug), "ann@example.com")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "CHUNK", data.draw(st.integers(1, 3)))
        work(run, data)
    run.refresh_from_db()
    assert tables(team) == tables(expected)
    assert run.report["streams"] == run.counters["total"]
    assert run.report["events"] == run.report["selected"]
    assert verify(Scope(team=team.slug)).changed == 0


def work(run: Run, data: Any) -> None:
    """Workers take chunks, finish them in any order, and die over some before or after another took them."""
    held: list[Share] = []
    deaths = 0
    while run.state != Run.State.COMPLETE:
        what = data.draw(st.sampled_from(["take", "finish", "die"]))
        if what == "take" or not held:
            share = take(run)
            if share is not None:
                held.append(share)
            elif held:
                what = "finish"
        if what == "finish" and held:
            finish(held.pop(data.draw(st.integers(0, len(held) - 1))))
        if what == "die" and held and deaths < 3:
            # Its heart stopped; whether it is dead or slow shows when it tries to finish, if ever.
            share = held[data.draw(st.integers(0, len(held) - 1))]
            deaths += Chunk.objects.filter(pk=share.chunk.pk).update(lease="elsewhere:1:x", heartbeat_at=None)
            if data.draw(st.booleans()):
                held.remove(share)


def finish(share: Share) -> None:
    # Somebody else may have been quicker, and it was counted then.
    with suppress(TakenAway):
        share.work()
