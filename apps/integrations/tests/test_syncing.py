"""Which syncs begin by themselves, and when."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import IntegrationCredential, Purge, Reconciliation, TrackedRepository
from apps.integrations.services.github_sync import begin, sync_repository_history
from apps.integrations.services.runs import syncing
from apps.integrations.services.runs.comparing import compare
from apps.integrations.services.runs.schedule import SWEEP
from ingest.backfill.starting import watermark
from ingest.backfill.window import Window
from ingest.models import Run
from ingest.runs.changes import cancel
from ingest.runs.lease import take

from .pages import client_of, mute

pytestmark = pytest.mark.django_db

MINUTES = timedelta(minutes=1)


@pytest.fixture
def tracked(standin, world):
    return TrackedRepositoryFactory(
        team__slug="core", github_repo_id=world.repository.id, full_name="acme/rocket"
    )


@pytest.fixture
def sent(monkeypatch):
    return mute(monkeypatch, tasks.continue_backfill)


def later(tracked, by=31 * MINUTES):
    """The repository as it is, and the time so long after its last run ended."""
    tracked = TrackedRepository.objects.select_related("team", "integration__credential").get(pk=tracked.pk)
    last = Run.objects.order_by("-pk").first()
    return tracked, (last.finished_at if last else timezone.now()) + by


def failed(tracked, error="Unavailable", window=None):
    run, _ = begin(tracked, window or Window())
    take(run).leave(Run.State.FAILED, error=error)
    return run


def test_what_changed_since_the_last_sync_is_fetched(tracked, standin, world, sent, monkeypatch):
    first = sync_repository_history(tracked)
    number = next(n for n, outline in world.outlines.items() if outline.state == "closed")
    world.touch(number, at=world.now + timedelta(hours=1))
    standin.requests.clear()
    tracked, now = later(tracked)
    assert syncing.due(now) == [tracked]
    monkeypatch.setattr(tasks.timezone, "now", lambda: now)
    tasks.sync_repositories()
    run = Run.objects.order_by("-pk").first()
    assert sent == [("continue_backfill", run.pk)]
    tasks.continue_backfill(run.pk)

    run.refresh_from_db()
    assert Window.from_json(run.scope["window"]).since.isoformat() == run.scope["cutoff"]
    begun = Run.objects.order_by("pk").first().scope["started_at"]
    assert watermark(tracked.team, tracked.github_repo_id).isoformat() == begun
    assert run.scope["cutoff"] < begun, "a little before the last one began"
    assert (run.state, run.counters["visited"]) == (Run.State.COMPLETE, 1)
    assert first["visited"] > 1


def test_each_comes_once_in_an_interval(tracked, sent):
    sync_repository_history(tracked)
    assert syncing.due(later(tracked, by=29 * MINUTES)[1]) == []
    assert len(syncing.due(later(tracked)[1])) == 1


def test_many_do_not_begin_at_once(tracked):
    for _ in range(99):
        TrackedRepositoryFactory(integration=tracked.integration)
    now = timezone.now()
    seen = []
    for _ in range(30):
        share = syncing.due(now)
        assert len(share) <= 4
        for one in share:
            syncing.sync(one, now)
        seen += [one.pk for one in share]
    assert sorted(seen) == sorted(TrackedRepository.objects.values_list("pk", flat=True))


def test_it_can_be_switched_off(tracked, settings):
    sync_repository_history(tracked)
    settings.SYNC_MINUTES = 0
    assert syncing.due(later(tracked)[1]) == []


@pytest.mark.parametrize("status", ["revoked", "disconnected"])
def test_without_a_working_credential_nothing_begins(tracked, status):
    sync_repository_history(tracked)
    IntegrationCredential.objects.update(status=status)
    assert syncing.due(later(tracked)[1]) == []


@pytest.mark.parametrize("healthy_hook", [False, True])
def test_a_run_that_ended_since_it_was_found_due_is_enough(tracked, monkeypatch, healthy_hook):
    """The first backfill, say, which beat still saw at work."""
    (found,) = syncing.due(timezone.now())
    sync_repository_history(tracked)
    monkeypatch.setattr(syncing, "is_healthy", lambda tracked, now: healthy_hook)
    due_at = TrackedRepository.objects.get().sync_due_at
    assert syncing.sync(found, timezone.now()) is None
    assert Run.objects.count() == 1
    assert TrackedRepository.objects.get().sync_due_at == due_at, "as its end said"


def test_what_is_not_followed_is_left_alone(tracked):
    sync_repository_history(tracked)
    TrackedRepository.objects.update(is_active=False)
    assert syncing.due(later(tracked)[1]) == []


@pytest.mark.parametrize("state", Run.ACTIVE)
def test_where_a_run_lives_none_begins(tracked, state):
    sync_repository_history(tracked)
    begin(tracked, Window())
    Run.objects.filter(state="queued").update(state=state)
    assert syncing.sync(tracked, timezone.now()) is None
    assert Run.objects.count() == 2


def test_where_nothing_was_asked_for_or_all_is_purged_none_begins(tracked):
    assert syncing.sync(tracked, timezone.now()) is None
    sync_repository_history(tracked)
    Purge.objects.create(team=tracked.team, github_repo_id=tracked.github_repo_id, who="x")
    assert syncing.sync(*later(tracked)) is None


def test_a_first_run_that_was_cancelled_stays_cancelled(tracked):
    run, _ = begin(tracked, Window())
    cancel(run)
    assert syncing.sync(*later(tracked)) is None


@pytest.mark.parametrize("error", syncing.GONE)
def test_a_repository_that_is_gone_is_not_asked_for_again(tracked, error):
    sync_repository_history(tracked)
    failed(tracked, error)
    assert syncing.sync(*later(tracked, by=timedelta(days=3))) is None


def test_who_fails_waits_longer_each_time(tracked):
    waits = []
    for _ in range(8):
        failed(tracked)
        tracked, ended = later(tracked, by=timedelta(0))
        waits.append((tracked.sync_due_at - ended) / MINUTES)
        assert syncing.due(tracked.sync_due_at - MINUTES) == []
    assert waits == [60, 120, 240, 480, 960, 1440, 1440, 1440]
    sync_repository_history(tracked)
    tracked, ended = later(tracked, by=timedelta(0))
    assert tracked.sync_due_at - ended == 30 * MINUTES


def test_what_was_asked_for_and_failed_is_asked_for_again(tracked):
    sync_repository_history(tracked)
    failed(tracked, window=Window(None))
    run = syncing.sync(*later(tracked, by=timedelta(days=1)))
    assert run.scope["window"] == {"all": True}
    take(run).leave(Run.State.COMPLETE)
    assert syncing.window_of(tracked).since is not None


def test_who_connects_again_need_not_wait(tracked):
    failed(tracked, "CredentialRevoked")
    tracked, ended = later(tracked, by=timedelta(0))
    assert syncing.due(ended) == [tracked]


def healthy(tracked, monkeypatch, late=""):
    TrackedRepository.objects.update(webhook_id=5)
    now = later(tracked)[1]
    Reconciliation.objects.create(team=tracked.team, tracked=tracked, hook_id=5, tried_at=now)
    found = syncing.silences
    silent = found(TrackedRepository.objects.filter(pk=tracked.pk), now)[0]
    one = type(silent)(tracked, now, late)
    monkeypatch.setattr(syncing, "silences", lambda tracked, now: [one])


def test_while_the_webhook_is_healthy_once_a_day_is_enough(tracked, monkeypatch):
    sync_repository_history(tracked)
    healthy(tracked, monkeypatch)
    ended = Run.objects.get().finished_at
    assert syncing.sync(*later(tracked)) is None
    tracked, _ = later(tracked)
    assert tracked.sync_due_at == ended + 61 * MINUTES
    Reconciliation.objects.update(tried_at=ended + SWEEP)
    assert syncing.sync(*later(tracked, by=SWEEP - MINUTES)) is None
    assert later(tracked)[0].sync_due_at == ended + SWEEP
    assert syncing.sync(*later(tracked, by=SWEEP)) is not None


@pytest.mark.parametrize(
    "wrong",
    [{"problem": "it may not be read"}, {"hook_id": 6}, {"tried_at": timezone.now() - timedelta(days=200)}],
)
def test_a_webhook_whose_deliveries_could_not_be_compared_is_not_healthy(tracked, monkeypatch, wrong):
    sync_repository_history(tracked)
    healthy(tracked, monkeypatch)
    Reconciliation.objects.update(**wrong)
    assert syncing.sync(*later(tracked)) is not None


def test_a_late_webhook_is_not_healthy(tracked, monkeypatch):
    sync_repository_history(tracked)
    healthy(tracked, monkeypatch, late="silent for 90 hours")
    assert syncing.sync(*later(tracked)) is not None


def test_a_comparison_moves_the_watermark(tracked, standin):
    """Also where deliveries were seen later than the last run: else it would be made again and again."""
    sync_repository_history(tracked)
    before = watermark(tracked.team, tracked.github_repo_id)
    standin.clock = lambda: before + timedelta(days=9)
    run = compare(tracked, before + timedelta(days=5))
    tasks.continue_backfill(run.pk)
    assert watermark(tracked.team, tracked.github_repo_id) == before + timedelta(days=9)


def test_the_page_says_when(tracked, settings):
    page = f"/a/core/integrations/github/repos/{tracked.github_repo_id}/"
    client = client_of(tracked.team)
    assert "sync it, and it goes on from there" in client.get(page).text
    sync_repository_history(tracked)
    due = later(tracked)[0].sync_due_at
    assert f"{due:%Y-%m-%d %H:%M}" in client.get(page).text
    failed(tracked)
    assert "is tried again then" in client.get(page).text
    begin(tracked, Window())
    assert "A run is under way" in client.get(page).text
    IntegrationCredential.objects.update(status="revoked")
    cancel(Run.objects.order_by("-pk").first())
    assert "until the team is connected" in client.get(page).text
    settings.SYNC_MINUTES = 0
    assert "SYNC_MINUTES" in client.get(page).text


def test_beat_knows_the_task(settings):
    assert tasks.sync_repositories.name in [e["task"] for e in settings.CELERY_BEAT_SCHEDULE.values()]


def test_an_unchanged_repository_costs_almost_nothing(tracked, standin, sent):
    """Requests that count: an answer of 304 does not."""
    sync_repository_history(tracked)
    counted = []
    for _ in range(3):
        at = standin.clock() + 31 * MINUTES
        standin.clock = lambda at=at: at
        standin.requests.clear()
        run = syncing.sync(*later(tracked))
        tasks.continue_backfill(run.pk)
        assert Run.objects.get(pk=run.pk).state == Run.State.COMPLETE
        counted.append(sum(asked.status != 304 for asked in standin.requests.all))
    assert counted[0] <= 3
    assert counted[1:] == [0, 0]
