from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from apps import sql
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import TrackedRepository
from apps.integrations.services.webhooks.silence import silences, with_last
from ingest.log.facts import NewEvent
from tests import payloads
from tests.processed import store, store_and_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def tracked() -> TrackedRepository:
    found: TrackedRepository = TrackedRepositoryFactory.create(
        github_repo_id=payloads.REPOSITORY_ID, full_name=payloads.REPOSITORY, webhook_id=5
    )
    return found


def told(**after_start: float) -> NewEvent:
    at = payloads.moment(**after_start)
    return payloads.delivered(payloads.repository_delivery("edited", mark=str(at)), at)


def of(tracked: TrackedRepository, now: datetime) -> Any:
    (found,) = silences(TrackedRepository.for_team(tracked.team), now)
    return found


def test_a_hook_that_was_never_heard_of_is_late(tracked: TrackedRepository) -> None:
    found = of(tracked, payloads.START)
    assert (found.last, "ping" in found.late) == (None, True)


def test_late_is_who_is_silent_for_twice_the_longest_pause(tracked: TrackedRepository) -> None:
    # One a day, and a weekend's pause of 60 hours.
    store(tracked.team, *[told(days=day) for day in range(9)], told(days=8, hours=60))
    last = payloads.moment(days=8, hours=60)
    assert of(tracked, last + timedelta(hours=120)).late == ""
    late = of(tracked, last + timedelta(hours=121))
    assert late.last == last
    assert late.late == "silent for 121 hours; in the 30 days before, never for more than 60"


def test_nobody_is_late_by_habit_within_a_day(tracked: TrackedRepository) -> None:
    store(tracked.team, *[told(minutes=minute) for minute in range(20)])
    assert of(tracked, payloads.moment(hours=24)).late == ""
    assert of(tracked, payloads.moment(hours=25)).late != ""


def test_few_deliveries_are_no_habit(tracked: TrackedRepository) -> None:
    store(tracked.team, *[told(minutes=minute) for minute in range(9)])
    assert of(tracked, payloads.moment(days=90)).late == ""


def test_late_sooner_when_the_api_shows_what_no_delivery_told(tracked: TrackedRepository) -> None:
    store(tracked.team, told())
    store_and_process(tracked.team, payloads.fetched(payloads.merged(at=payloads.moment(hours=3))))
    assert of(tracked, payloads.moment(hours=3, minutes=59)).late == ""
    assert "a change of 2026-03-02 12:00" in of(tracked, payloads.moment(hours=5)).late


def test_what_was_restored_did_not_arrive(tracked: TrackedRepository) -> None:
    store(tracked.team, told())
    restored = payloads.delivered(
        payloads.delivery(payloads.pull_request(8)), payloads.moment(days=1), endpoint="deliveries"
    )
    store(tracked.team, restored)
    assert of(tracked, payloads.moment(days=2)).last == payloads.START


def test_of_other_repositories_and_teams_nothing_is_said(tracked: TrackedRepository) -> None:
    TrackedRepositoryFactory.create(team=tracked.team, webhook_id=None)
    other = TrackedRepositoryFactory.create(github_repo_id=payloads.REPOSITORY_ID, webhook_id=6)
    store(other.team, told(days=1))
    store(tracked.team, told())
    assert of(tracked, payloads.moment(hours=1)).last == payloads.START


def test_the_last_delivery_is_looked_up_in_an_index(tracked: TrackedRepository) -> None:
    asked: list[Any] = []

    def remember(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((statement, params))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(remember):
        with_last(TrackedRepository.objects.all())
    ((statement, params),) = asked
    with connection.cursor() as cursor:
        if not sql.is_sqlite():
            # In a table of few rows any way is as cheap: only an index in this order needs neither.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if sql.is_sqlite() else ''}{statement}", params)
        plan = str(cursor.fetchall())
    assert "ingest_event_delivered" in plan
