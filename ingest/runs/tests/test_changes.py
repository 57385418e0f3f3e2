from datetime import timedelta

import pytest
from django.utils import timezone

from apps.teams.factories import TeamFactory
from ingest.models import Run
from ingest.runs.changes import due

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LONG_AGO = NOW - timedelta(minutes=5)
SOON = NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("expected", "fields"),
    [
        (True, {"state": "waiting", "not_before": LONG_AGO}),
        (False, {"state": "waiting", "not_before": SOON}),
        (False, {"state": "waiting", "not_before": LONG_AGO, "lease": "a:1:x", "heartbeat_at": NOW}),
        (True, {"state": "waiting", "not_before": LONG_AGO, "lease": "a:1:x", "heartbeat_at": LONG_AGO}),
        (True, {"state": "running", "lease": "a:1:x", "heartbeat_at": LONG_AGO}),
        (False, {"state": "running", "lease": "a:1:x", "heartbeat_at": NOW}),
        (True, {"state": "queued", "heartbeat_at": LONG_AGO}),
        (False, {"state": "queued", "heartbeat_at": NOW}),
        (False, {"state": "queued"}),
        (False, {"state": "paused", "heartbeat_at": LONG_AGO}),
        (False, {"state": "failed", "heartbeat_at": LONG_AGO}),
        (False, {"state": "complete", "heartbeat_at": LONG_AGO}),
    ],
)
def test_what_is_due(expected, fields):
    run = Run.objects.create(team=TeamFactory(), kind=Run.Kind.BACKFILL, github_repo_id=1, **fields)
    assert list(due(NOW)) == ([run] if expected else [])


def test_a_queued_run_whose_message_was_lost_is_due_after_a_while():
    run = Run.objects.create(team=TeamFactory(), kind=Run.Kind.BACKFILL, github_repo_id=1)
    assert list(due(timezone.now() + timedelta(minutes=1))) == [run]
