from __future__ import annotations

import gc
from typing import Any

import pytest

from apps.teams.factories import TeamFactory
from ingest.log.append import append
from ingest.replay import looking, processing
from ingest.replay.looking import Look
from ingest.replay.processing import process
from ingest.replay.uncollected import uncollected
from tests import payloads
from tests.payloads import delivered

STEPS = [(processing, process), (looking, Look())]


@pytest.mark.django_db
@pytest.mark.parametrize(("module", "step"), STEPS)
def test_a_chunk_is_folded_without_a_search_for_cycles(
    module: Any, step: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, searched = module.fold, []

    def watched(counts: Any) -> Any:
        searched.append(gc.isenabled())
        return fold(counts)

    monkeypatch.setattr(module, "fold", watched)
    keys = append(TeamFactory.create(), [delivered(payloads.delivery(payloads.pull_request(1)))]).streams
    step(sorted(keys))
    assert searched
    assert not any(searched)
    assert gc.isenabled()


def test_it_is_taken_up_again_after_an_error_and_not_where_it_was_off() -> None:
    with pytest.raises(LookupError), uncollected():
        raise LookupError
    assert gc.isenabled()
    with uncollected(), uncollected():
        pass
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
