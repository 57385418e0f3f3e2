"""What only wrong recordings hold: two pull requests of one id, one review in two pull requests."""

import itertools

import pytest
from django.db import connection

from apps import sql
from apps.metrics.models import PRReview, PullRequest
from apps.teams.factories import TeamFactory
from ingest.models import ParkedEvent
from ingest.replay.processing import process
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from tests.payloads import commit, fetched, pull_request, review
from tests.processed import all_streams, store, store_and_process
from tests.tables import tables

pytestmark = pytest.mark.django_db

EVENTS = (
    fetched(pull_request(7, id=1)),
    fetched(pull_request(8, id=1)),
    fetched(pull_request(9, id=1)),
)


def check(team):
    assert [row.number for row in PullRequest.for_team(team)] == [7]
    parked = ParkedEvent.for_team(team).order_by("stream__number")
    assert [(row.stream.number, row.event, row.error) for row in parked] == [
        (8, None, "Refused"),
        (9, None, "Refused"),
    ]
    assert verify(Scope(team=team.slug)).changed == 0


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)))
def test_the_lowest_number_has_the_id_in_any_order(order):
    team = TeamFactory()
    for event in order:
        store_and_process(team, event)
    check(team)


def test_the_lowest_number_has_the_id_within_one_chunk():
    team = TeamFactory()
    store_and_process(team, *reversed(EVENTS))
    check(team)


def test_the_next_has_it_when_the_lowest_lets_go():
    team = TeamFactory()
    store_and_process(team, *EVENTS)
    corrected = pull_request(7, id=2, updated_at="2026-04-01T00:00:00Z")
    store_and_process(team, fetched(corrected))
    process(all_streams())
    assert dict(PullRequest.objects.values_list("number", "github_pr_id")) == {7: 2, 8: 1}
    assert [row.stream.number for row in ParkedEvent.objects.all()] == [9]


def test_another_repository_or_team_may_have_the_same_id():
    other = {"id": 5, "full_name": "acme/other"}
    team = TeamFactory()
    store_and_process(team, EVENTS[0], fetched(pull_request(8, id=1, repo=other)))
    store_and_process(TeamFactory(), EVENTS[1])
    assert PullRequest.objects.count() == 3


@pytest.mark.parametrize("numbers", [(7, 8), (8, 7)])
@pytest.mark.parametrize("at_once", [True, False])
def test_a_review_is_the_lowest_pull_requests(numbers, at_once):
    team = TeamFactory()
    for number in numbers:
        events = fetched(pull_request(number)), fetched(review(state="approved"), number=number)
        (store if at_once else store_and_process)(team, *events)
    process(all_streams())
    assert PRReview.objects.get().pull_request.number == 7
    assert verify(Scope()).changed == 0


def test_a_refused_pull_request_still_links_its_commits():
    team = TeamFactory()
    store_and_process(team, *EVENTS, fetched(commit("x"), number=8))
    found = tables(team)
    assert [(row["number"], row["pull_request_id"]) for row in found["Commit"]] == [(8, None)]


def test_a_review_that_a_lower_pull_request_of_another_chunk_holds():
    team = TeamFactory()
    for number in (7, 8, 9):
        store_and_process(team, fetched(pull_request(number)), fetched(review(), number=number))
    keys = all_streams()
    process(keys[1:])
    process(keys[::-1])
    assert PRReview.objects.get().pull_request.number == 7


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan of SQLite, which has no statistics")
def test_claims_are_looked_up_by_their_id(monkeypatch):
    """By the repository's numbers each key would read all of its pull requests: a replay of 100,000 events
    took many times as long."""
    asked = []
    select = sql.select

    def explained(model, columns, rest, params, *more):
        for other, params_of_it in more if model is PullRequest else ():
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN SELECT t.id {other}", params_of_it)
                asked.append(" ".join(row[3] for row in cursor.fetchall()))
        return select(model, columns, rest, params, *more)

    monkeypatch.setattr(sql, "select", explained)
    store_and_process(TeamFactory(), fetched(pull_request(7)))
    assert asked
    assert all("team_id=? AND github_pr_id=?" in plan for plan in asked)
