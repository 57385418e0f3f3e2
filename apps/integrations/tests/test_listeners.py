import pytest

from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.listeners import follow_repository, follow_run, sync_status
from apps.integrations.models import GitHubIntegration, TrackedRepository
from apps.metrics.models import Repository
from ingest import routing
from ingest.models import Run
from ingest.runs import listeners

pytestmark = pytest.mark.django_db

Status = GitHubIntegration.SyncStatus


def test_both_are_registered_once():
    assert routing.LISTENERS.count(follow_repository) == 1
    assert listeners.LISTENERS.count(follow_run) == 1


def name(tracked, full_name):
    Repository.objects.create(
        team=tracked.team,
        github_repo_id=tracked.github_repo_id,
        full_name=full_name,
        name_instant=1,
        name_digest="",
    )
    follow_repository(tracked.team_id, tracked.github_repo_id)
    tracked.refresh_from_db()


def test_a_rename_is_followed():
    tracked = TrackedRepositoryFactory()
    name(tracked, "acme/booster")
    assert (tracked.full_name, tracked.is_active) == ("acme/booster", True)


def test_another_team_s_repository_is_left_alone():
    other = TrackedRepositoryFactory(github_repo_id=5)
    name(TrackedRepositoryFactory(github_repo_id=5), "acme/booster")
    assert TrackedRepository.objects.get(pk=other.pk).full_name == other.full_name


def test_an_unknown_repository_is_nothing():
    follow_repository(1, 1)


def run(tracked, state):
    return Run.objects.create(
        team=tracked.team, kind="backfill", github_repo_id=tracked.github_repo_id, state=state
    )


@pytest.mark.parametrize(
    ("expected", "first", "second"),
    [
        (Status.PENDING, [], []),
        (Status.PENDING, ["complete"], []),
        (Status.COMPLETE, ["complete"], ["complete"]),
        (Status.SYNCING, ["complete"], ["failed", "queued"]),
        (Status.SYNCING, ["running"], ["complete"]),
        (Status.SYNCING, ["waiting"], ["failed"]),
        (Status.ERROR, ["complete", "failed"], ["complete"]),
        (Status.COMPLETE, ["failed", "complete"], ["complete"]),
        (Status.COMPLETE, ["complete", "cancelled"], ["complete", "paused"]),
    ],
)
def test_sync_status(expected, first, second):
    integration = GitHubIntegrationFactory()
    for states in (first, second):
        tracked = TrackedRepositoryFactory(integration=integration)
        for state in states:
            run(tracked, state)
    assert sync_status(integration) == expected


def test_what_is_not_followed_does_not_count():
    integration = GitHubIntegrationFactory()
    run(TrackedRepositoryFactory(integration=integration), "complete")
    run(TrackedRepositoryFactory(integration=integration, is_active=False), "failed")
    assert sync_status(integration) == Status.COMPLETE


def test_a_run_that_is_not_complete_moves_no_time():
    tracked = TrackedRepositoryFactory()
    for state in ("failed", "waiting", "cancelled"):
        follow_run(run(tracked, state))
        Run.objects.all().delete()
    tracked.refresh_from_db()
    assert tracked.last_sync_at is None
