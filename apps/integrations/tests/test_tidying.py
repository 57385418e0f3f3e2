from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.services.runs.tidying import KEPT, forget_quiet_runs
from apps.teams.factories import TeamFactory
from ingest.backfill.counters import Counters
from ingest.backfill.window import Window
from ingest.models import Run

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LONG_AGO = NOW - KEPT - timedelta(hours=1)
SINCE = Window(since=LONG_AGO)


def run(team, *, window=SINCE, state="complete", stored=0, finished=LONG_AGO, repository=5):
    counters = Counters()
    counters.stored["commit"] += stored
    counters.stored += {}  # as a run does after each answer, which drops what is 0
    return Run.objects.create(
        team=team,
        kind="backfill",
        github_repo_id=repository,
        state=state,
        finished_at=finished,
        scope={"window": window.as_json()},
        counters=counters.as_json(),
    )


def test_what_found_nothing_goes_after_a_week():
    team = TeamFactory()
    quiet = run(team)
    kept = [
        run(team, stored=3),
        run(team, window=Window()),
        run(team, state="failed"),
        run(team, finished=NOW - timedelta(days=6)),
        run(team, repository=6),  # the last one of its repository
        run(TeamFactory()),
    ]
    assert forget_quiet_runs(NOW) == 1
    assert list(Run.objects.order_by("pk")) == kept
    assert not Run.objects.filter(pk=quiet.pk).exists()


def test_beat_does_it(settings):
    assert tasks.forget_quiet_runs.name in [e["task"] for e in settings.CELERY_BEAT_SCHEDULE.values()]
