"""`manage.py purge`: what goes, what stays, and that a kill leaves whole streams only."""

import io
import json
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from apps.metrics.models import Commit, PullRequest, PullRequestCommit, Repository
from apps.teams.factories import TeamFactory
from ingest.log import purging, streams
from ingest.log.append import append
from ingest.log.facts import Request
from ingest.log.purging import purge
from ingest.log.refused import LogIsAppendOnly
from ingest.models import AuditLine, Fetch, ParkedEvent, RawGitHubEvent, Run, Stream, Visit
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from ingest.runs import listeners
from tests import payloads
from tests.payloads import REPOSITORY, REPOSITORY_ID, delivered, fetched, moment
from tests.tables import tables

pytestmark = pytest.mark.django_db

OTHER = payloads.repository("acme/other", id=REPOSITORY_ID + 1)


def of_shop():
    """Two pull requests whose commits came in one answer, a push, and an event that gets parked."""
    answer = Request(url="/repos/acme/shop/pulls/7/commits")
    return [
        delivered(payloads.delivery(payloads.merged(7), "closed"), moment(hours=1)),
        delivered(payloads.review_delivery(payloads.review()), moment(hours=2)),
        fetched(payloads.commit("shared"), moment(hours=2), request=answer),
        fetched(payloads.commit("shared"), moment(hours=2), request=answer, number=8),
        delivered({"repository": payloads.repository()}, moment(hours=3), event_type="push"),
        fetched(payloads.pull_request(8, id="broken"), moment(hours=3)),
    ]


def of_other():
    found = payloads.pull_request(7, repo=OTHER)
    return [
        delivered(payloads.delivery(found, "opened"), moment(hours=1)),
        fetched(
            payloads.commit("shared"),
            moment(hours=1),
            repository_id=OTHER["id"],
            repository="acme/other",
            number=7,
        ),
    ]


def of_no_repository():
    return [delivered({"zen": "x"}, moment(hours=1), event_type="ping")]


def stored(*events):
    team = TeamFactory()
    append(team, events)
    replay(Scope(team=team.slug))
    return team


@pytest.fixture
def run_purge(capsys):
    def run(team, *arguments):
        call_command("purge", "--team", team.slug, "--yes-delete", team.slug, "--format", "json", *arguments)
        return json.loads(capsys.readouterr().out)

    return run


def test_a_team_is_emptied_and_another_is_not_touched(run_purge):
    team, other = stored(*of_shop(), *of_other(), *of_no_repository()), stored(*of_shop())
    before = tables(other), RawGitHubEvent.for_team(other).count(), Fetch.for_team(other).count()
    report = run_purge(team)
    assert report == {
        "team": team.slug,
        "repositories": None,
        "deleted": {
            "Commit": 1,
            "PRReview": 1,
            "PullRequest": 2,
            "events": 9,
            "repositories": 2,
            "requests": 3,
            "streams": 5,
        },
    }
    for model in (RawGitHubEvent, Stream, Fetch, ParkedEvent, Run, Repository, PullRequest, Commit):
        assert not model.for_team(team).exists(), model
    assert not any(tables(team).values())
    assert (tables(other), RawGitHubEvent.for_team(other).count(), Fetch.for_team(other).count()) == before
    team.refresh_from_db()


def test_shared_commits_are_made_again_from_what_is_left(run_purge):
    team, expected = stored(*of_shop(), *of_other()), stored(*of_other())
    assert Commit.for_team(team).get().github_repo_id == REPOSITORY_ID
    report = run_purge(team, "--repo", "Acme/Shop")
    assert report["repositories"] == [{"id": REPOSITORY_ID, "full_name": REPOSITORY}]
    assert tables(team) == tables(expected)
    assert Commit.for_team(team).get().github_repo_id == OTHER["id"]
    assert verify(Scope(team=team.slug)).changed == 0
    assert RawGitHubEvent.for_team(team).count() == 2


def test_the_audit_line_stays(run_purge, monkeypatch):
    monkeypatch.setattr("getpass.getuser", lambda: "alice")
    team = stored(*of_shop())
    deleted = run_purge(team, "--repo", REPOSITORY)["deleted"]
    run_purge(team)
    first, second = AuditLine.for_team(team).order_by("id")
    assert (first.who, first.action) == ("alice, on the command line", "purge")
    assert first.detail == {
        "repositories": [{"id": REPOSITORY_ID, "full_name": REPOSITORY}],
        "deleted": deleted,
        "finished": True,
    }
    assert second.detail == {"repositories": None, "deleted": {}, "finished": True}


def test_a_user_without_a_name_is_a_number(run_purge, monkeypatch):
    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    team = stored()
    run_purge(team)
    assert AuditLine.objects.get().who.startswith("user ")


class Killed(BaseException):
    pass


def test_a_killed_purge_leaves_whole_streams_and_is_taken_up():
    team, expected = stored(*of_shop(), *of_other()), stored(*of_other())

    def kill(counts):
        if counts["streams"] == 2:
            raise Killed

    with pytest.raises(Killed):
        purge(team, {REPOSITORY_ID: REPOSITORY}, "a test", kill)
    assert AuditLine.objects.get().detail["finished"] is False
    assert AuditLine.objects.get().detail["deleted"]["streams"] == 2
    keys = set(Stream.for_team(team).values_list("repository_id", "number"))
    assert keys == set(RawGitHubEvent.for_team(team).values_list("repository_id", "number"))
    assert Repository.for_team(team).filter(github_repo_id=REPOSITORY_ID).exists()
    assert verify(Scope(team=team.slug)).changed == 0

    purge(team, {REPOSITORY_ID: REPOSITORY}, "a test")
    assert tables(team) == tables(expected)


def test_a_stream_goes_whole_or_not_at_all(monkeypatch):
    team = stored(*of_shop())

    def fail(key):
        raise Killed

    monkeypatch.setattr(purging, "_delete_repository", fail)
    before = tables(team), RawGitHubEvent.objects.count(), Fetch.objects.count()
    with pytest.raises(Killed):
        purge(team, None, "a test")
    assert (tables(team), RawGitHubEvent.objects.count(), Fetch.objects.count()) == before


def test_the_gate_is_shut_afterwards(run_purge):
    team, other = stored(*of_shop()), stored(*of_shop())
    run_purge(team)
    with pytest.raises(LogIsAppendOnly):
        RawGitHubEvent.for_team(other).first().delete()
    with pytest.raises(Exception, match="the log is append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ingest_rawgithubevent")


def test_a_request_goes_with_the_last_event_that_points_at_it():
    """One answer's items in the streams of two pull requests."""
    team = stored(*of_shop())
    left = []
    purge(team, None, "a test", lambda counts: left.append(Fetch.for_team(team).count()))
    # Streams 0, 7 and 8: the commits' answer is shared by 7 and 8, that of the broken one is 8's own.
    assert left == [2, 2, 0]


def test_runs_and_visits_go_so_that_a_backfill_begins_anew(run_purge, monkeypatch):
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
    run_purge(team, "--repo", REPOSITORY)
    assert list(Run.objects.all()) == [other]
    assert told == [mine]
    assert not Visit.objects.exists()
    assert [fetch.run for fetch in Fetch.objects.filter(run__isnull=False)] == [other]


def test_rows_that_no_event_made_stay(run_purge):
    team = stored(*of_shop())
    PullRequest.objects.create(team=team, github_pr_id=1, github_repo_id=REPOSITORY_ID, number=99)
    Commit.objects.create(team=team, github_sha="f" * 40)
    run_purge(team)
    assert PullRequest.objects.get().number == 99
    assert Commit.objects.get().github_sha == "f" * 40


def test_a_parked_row_left_in_another_stream_does_not_stand_in_the_way(run_purge):
    team = stored(*of_shop(), *of_other())
    parked = ParkedEvent.objects.get()
    parked.stream = Stream.objects.get(team=team, repository_id=OTHER["id"])
    parked.save()
    run_purge(team, "--repo", REPOSITORY)
    assert not ParkedEvent.objects.exists()


class TestConfirmation:
    @pytest.mark.parametrize("typed", ["", "no\n", "other\n"])
    def test_nothing_goes_without_the_slug(self, monkeypatch, typed):
        team = stored(*of_shop())
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(CommandError, match="nothing was deleted") as raised:
            call_command("purge", "--team", team.slug)
        assert raised.value.returncode == 2
        assert RawGitHubEvent.objects.count() == 6
        assert not AuditLine.objects.exists()

    def test_the_typed_slug_confirms(self, monkeypatch, capsys):
        team = stored(*of_shop())
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{team.slug}\n"))
        call_command("purge", "--team", team.slug)
        out, err = capsys.readouterr()
        assert not RawGitHubEvent.objects.exists()
        assert "all repositories: 6 events" in err
        assert "PullRequest" in out

    def test_a_wrong_flag_confirms_nothing(self):
        team = stored(*of_shop())
        with pytest.raises(CommandError, match="nothing was deleted"):
            call_command("purge", "--team", team.slug, "--yes-delete", "other")
        assert RawGitHubEvent.objects.count() == 6

    def test_nothing_to_delete(self, capsys):
        team = stored()
        call_command("purge", "--team", team.slug, "--yes-delete", team.slug)
        assert "there was nothing to delete" in capsys.readouterr().out


class TestRepository:
    def test_a_former_name_is_not_enough(self, run_purge):
        """Somebody else's repository may bear it now."""
        renamed = payloads.repository("acme/store")
        team = stored(
            *of_shop(),
            delivered(payloads.repository_delivery(repo=renamed), moment(days=9)),
        )
        with pytest.raises(CommandError, match="acme/shop is called acme/store now") as raised:
            run_purge(team, "--repo", "acme/shop")
        assert raised.value.returncode == 2
        assert run_purge(team, "--repo", "acme/store")["deleted"]["events"] == 7

    def test_two_of_one_name_are_told_apart_by_id(self, run_purge):
        again = payloads.repository(REPOSITORY, id=5)
        team = stored(*of_shop(), delivered(payloads.repository_delivery(repo=again), moment(days=9)))
        with pytest.raises(CommandError, match=f"several.*id 5.*id {REPOSITORY_ID}"):
            run_purge(team, "--repo", REPOSITORY)
        assert run_purge(team, "--repo", "5")["deleted"]["events"] == 1

    def test_one_that_was_never_processed_is_found(self, run_purge):
        team = TeamFactory()
        append(team, of_shop())
        assert run_purge(team, "--repo", REPOSITORY)["deleted"]["events"] == 6

    @pytest.mark.parametrize(
        ("arguments", "message"), [(["--team", "x"], "no team"), (["--repo", "no/where"], "no st")]
    )
    def test_an_unknown_one_is_wrong_usage(self, arguments, message):
        team = stored()
        with pytest.raises(CommandError, match=message) as raised:
            call_command("purge", "--team", team.slug, "--yes-delete", team.slug, *arguments)
        assert raised.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_an_append_that_waited_for_a_purge_makes_the_stream_anew(monkeypatch):
    """Its row was there when it looked, and is gone when it gets the lock: the event must be counted."""
    if connection.vendor == "sqlite":
        pytest.skip("nobody waits between two statements on SQLite")
    team = stored(*of_shop())
    inside, release = threading.Event(), threading.Event()
    delete_events = purging._delete_events

    def hold(key):
        inside.set()
        release.wait(10)
        return delete_events(key)

    def purge_in_thread():
        try:
            purge(team, None, "a test")
        finally:
            connections.close_all()

    made = streams.make

    def made_while_purged(keys):
        made(keys)
        release.set()

    monkeypatch.setattr(purging, "_delete_events", hold)
    monkeypatch.setattr(purging, "streams_of", lambda *of: Stream.objects.filter(number=7))
    thread = threading.Thread(target=purge_in_thread)
    thread.start()
    assert inside.wait(10)
    monkeypatch.setattr(streams, "make", made_while_purged)
    append(team, [fetched(payloads.pull_request(7), moment(days=5))])
    thread.join(10)
    stream = Stream.objects.get(number=7)
    assert (stream.events, RawGitHubEvent.objects.filter(number=7).count()) == (1, 1)


def test_links_go_with_their_stream(run_purge):
    team = stored(*of_shop(), *of_other())
    assert PullRequestCommit.objects.count() == 3
    run_purge(team, "--repo", REPOSITORY)
    assert PullRequestCommit.objects.get().github_repo_id == OTHER["id"]
