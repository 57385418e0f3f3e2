"""A purge: what goes, and what stays."""

import pytest
from django.db import connection

from apps.metrics.models import Commit, PullRequest, PullRequestCommit, Repository
from ingest.log.purging import purge
from ingest.log.refused import LogIsAppendOnly
from ingest.models import Fetch, ParkedEvent, RawGitHubEvent, Run, Stream, Visit
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from ingest.runs import listeners
from tests.payloads import REPOSITORY, REPOSITORY_ID
from tests.tables import tables

from .purged import OTHER, of_no_repository, of_other, of_shop, stored

pytestmark = pytest.mark.django_db

SHOP = {REPOSITORY_ID: REPOSITORY}
WHO = "a test"


def test_a_team_is_emptied_and_another_is_not_touched():
    team, other = stored(*of_shop(), *of_other(), *of_no_repository()), stored(*of_shop())
    before = tables(other), RawGitHubEvent.for_team(other).count(), Fetch.for_team(other).count()
    assert +purge(team, None, WHO) == {
        "Commit": 1,
        "PRReview": 1,
        "PullRequest": 2,
        "events": 9,
        "repositories": 2,
        "requests": 3,
        "streams": 5,
    }
    for model in (RawGitHubEvent, Stream, Fetch, ParkedEvent, Run, Repository, PullRequest, Commit):
        assert not model.for_team(team).exists(), model
    assert not any(tables(team).values())
    assert (tables(other), RawGitHubEvent.for_team(other).count(), Fetch.for_team(other).count()) == before
    team.refresh_from_db()


def test_shared_commits_are_made_again_from_what_is_left():
    team, expected = stored(*of_shop(), *of_other()), stored(*of_other())
    assert Commit.for_team(team).get().github_repo_id == REPOSITORY_ID
    purge(team, SHOP, WHO)
    assert tables(team) == tables(expected)
    assert Commit.for_team(team).get().github_repo_id == OTHER["id"]
    assert verify(Scope(team=team.slug)).changed == 0
    assert RawGitHubEvent.for_team(team).count() == 2


def test_the_gate_is_shut_afterwards():
    team, other = stored(*of_shop()), stored(*of_shop())
    purge(team, None, WHO)
    with pytest.raises(LogIsAppendOnly):
        RawGitHubEvent.for_team(other).first().delete()
    with pytest.raises(Exception, match="the log is append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ingest_rawgithubevent")


def test_a_request_goes_with_the_last_event_that_points_at_it():
    """One answer's items in the streams of two pull requests."""
    team = stored(*of_shop())
    left = []
    purge(team, None, WHO, lambda counts: left.append(Fetch.for_team(team).count()))
    # Streams 0, 7 and 8: the commits' answer is shared by 7 and 8, that of the broken one is 8's own.
    assert left == [2, 2, 0]


def test_runs_and_visits_go_so_that_a_backfill_begins_anew(monkeypatch):
    told = []
    monkeypatch.setattr(listeners, "LISTENERS", [told.append])
    team = stored(*of_shop(), *of_other())
    mine = Run.objects.create(team=team, kind="backfill", github_repo_id=REPOSITORY_ID, state="complete")
    other = Run.objects.create(team=team, kind="backfill", github_repo_id=OTHER["id"], state="complete")
    for run in (mine, other):
        Fetch.objects.create(team=team, run=run, url="an answer without items")
    Visit.objects.create(
        team=team, stream=Stream.objects.get(repository_id=REPOSITORY_ID, number=7), run_id=1
    )
    purge(team, SHOP, WHO)
    assert list(Run.objects.all()) == [other]
    assert told == [mine]
    assert not Visit.objects.exists()
    assert [fetch.run for fetch in Fetch.objects.filter(run__isnull=False)] == [other]


def test_rows_that_no_event_made_stay():
    team = stored(*of_shop())
    PullRequest.objects.create(team=team, github_pr_id=1, github_repo_id=REPOSITORY_ID, number=99)
    Commit.objects.create(team=team, github_sha="f" * 40)
    purge(team, None, WHO)
    assert PullRequest.objects.get().number == 99
    assert Commit.objects.get().github_sha == "f" * 40


def test_a_parked_row_left_in_another_stream_does_not_stand_in_the_way():
    team = stored(*of_shop(), *of_other())
    parked = ParkedEvent.objects.get()
    parked.stream = Stream.objects.get(team=team, repository_id=OTHER["id"])
    parked.save()
    purge(team, SHOP, WHO)
    assert not ParkedEvent.objects.exists()


def test_links_go_with_their_stream():
    team = stored(*of_shop(), *of_other())
    assert PullRequestCommit.objects.count() == 3
    purge(team, SHOP, WHO)
    assert PullRequestCommit.objects.get().github_repo_id == OTHER["id"]
