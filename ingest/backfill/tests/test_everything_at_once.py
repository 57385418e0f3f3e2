"""Faults, limits, rows that change places and kills in one run: complete, nothing twice, few more requests.

`make bench ONLY=backfill` does the same with 2,000 pull requests.
"""

import pytest

from apps.teams.factories import TeamFactory
from ingest.backfill.graphql import queries
from ingest.models import Run
from ingest.standin import World, running
from tests import faults

from .conftest import NOW, in_window, rows_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("api", "pulls", "shifts", "most"),
    [
        ("rest", 300, 1, 1.3),
        ("graphql", 450, 0, 1.3),
        # With pages of 5, rows that changed places are many pages more.
        ("graphql", 150, 1, 2),
    ],
)
def test_it_is_complete(clock, team, backfill, monkeypatch, api, pulls, shifts, most):
    # As many pages as 2,000 pull requests would have.
    monkeypatch.setattr(queries, "PULLS", 5)
    world = World.generate(pulls=pulls, now=NOW)
    undisturbed = TeamFactory()
    with running(world, clock=clock) as standin:
        wanted = in_window(world)
        backfill(standin, undisturbed, api=api)
        requests = len(standin.requests)
    with running(world, clock=clock, **faults.FAULTS | {"shift_rows": shifts}) as standin:
        run = faults.through_everything(standin, team, api, clock, kills=1, limits=1, within=requests)
        assert len(standin.requests) < most * requests

    assert (run.state, run.counters["failures"]) == (Run.State.COMPLETE, 0)
    assert Run.for_team(team).count() == 1
    assert faults.duplicates(team) == 0
    # Rows that changed places have a later `updated_at`, by which some came into the window, and a label.
    left_out = ("pr_updated_at", "labels", "name_instant")
    found, known = rows_of(team, left_out), rows_of(undisturbed, left_out)
    assert {row["number"] for row in found["PullRequest"]} >= wanted
    for name in ("PullRequest", "PRReview", "PullRequestCommit"):
        of_wanted = [row for row in found[name] if _number(row) in wanted]
        assert of_wanted == known[name], name


def _number(row):
    return row["number"] if "number" in row else row["pull_request_id"][1]
