"""A scope only selects streams; on an up-to-date database no scope changes anything."""

import pytest
from django.db import connection

from apps.metrics.factories import TeamMemberFactory
from apps.metrics.projection.version import VERSION
from apps.teams.factories import TeamFactory
from ingest.models import ParkedEvent, RawGitHubEvent, Stream
from ingest.replay.cutting import CHUNK, chunks
from ingest.replay.replaying import dry_run, replay, verify
from ingest.replay.scope import Scope, UnknownScope
from tests import payloads
from tests.payloads import (
    REPOSITORY_ID,
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    repository,
    repository_delivery,
    review,
    review_delivery,
)
from tests.processed import all_streams, dump, store, store_and_process
from tests.tables import tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    """A team with three pull requests and all that belongs to them, processed."""
    team = TeamFactory(slug="acme")
    TeamMemberFactory(team=team, github_id=str(payloads.user()["id"]))
    renamed = repository_delivery("renamed", repository("acme/store"))
    store_and_process(
        team,
        *(delivered(delivery(pull_request(n), "opened"), moment(minutes=n)) for n in (7, 8)),
        delivered(review_delivery(review()), moment(hours=2)),
        fetched(merged(9), moment(hours=30)),
        fetched(commit("head 9"), moment(hours=30), number=9),
        fetched(commit("head 9"), moment(hours=30), number=8),
        delivered(renamed, moment(hours=40)),
        delivered({"repository": repository()}, moment(hours=41), event_type="push"),
    )
    return team


def event_id(event_type):
    return RawGitHubEvent.objects.filter(event_type=event_type).first().pk


SCOPES = {
    "all": (lambda: Scope(), 8, 4),
    "team": (lambda: Scope(team="acme"), 8, 4),
    "present name": (lambda: Scope(repo="acme/store"), 8, 4),
    "former name": (lambda: Scope(repo="ACME/shop"), 8, 4),
    "id of the repository": (lambda: Scope(repo=str(REPOSITORY_ID)), 8, 4),
    "pull request": (lambda: Scope(pr=7), 2, 1),
    "event type": (lambda: Scope(event_type="commit"), 2, 2),
    "source": (lambda: Scope(source="rest"), 3, 2),
    "since": (lambda: Scope(since=moment(hours=30)), 5, 3),
    "until": (lambda: Scope(until=moment(hours=30)), 3, 2),
    "span": (lambda: Scope(since=moment(hours=1), until=moment(hours=3)), 1, 1),
    "event": (lambda: Scope(events=(event_id("pull_request_review"),)), 1, 1),
    "two parts": (lambda: Scope(source="rest", pr=9), 2, 1),
    "pending": (lambda: Scope(pending=True), 0, 0),
    "parked": (lambda: Scope(parked=True), 0, 0),
    "stale": (lambda: Scope(stale=True), 0, 0),
}


@pytest.mark.parametrize(("scope", "selected", "streams"), SCOPES.values(), ids=SCOPES)
def test_no_scope_changes_anything(team, scope, selected, streams):
    before = tables(team)
    for step in (replay, dry_run, verify):
        report = step(scope()).as_json()
        assert (report["selected"], report["streams"]) == (selected, streams)
        assert [report[kind] for kind in ("created", "updated", "deleted", "repositories")] == [0, 0, 0, 0]
        assert (report["parked"], report["pending"]) == (0, 0)
    assert tables(team) == before


def test_a_part_of_a_stream_that_fits_takes_all_of_it(team):
    found = replay(Scope(events=(event_id("pull_request_review"),))).as_json()
    assert (found["selected"], found["events"], found["unchanged"]) == (1, 2, 2)


def test_another_team_is_left_alone(team):
    other = TeamFactory(slug="other")
    store(other, fetched(pull_request()))
    assert replay(Scope(team="acme")).as_json()["streams"] == 4
    assert replay(Scope(team="other")).as_json()["created"] == 1


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (Scope(team="nobody"), "no team 'nobody'; there are: acme"),
        (Scope(repo="acme/nothing"), "no stored event is of a repository 'acme/nothing'"),
        (Scope(events=(2**40, 2**41)), f"no stored event has the id {2**40}, {2**41}"),
    ],
)
def test_a_scope_that_names_nothing(team, scope, words):
    with pytest.raises(UnknownScope, match=words):
        replay(scope)


def test_without_a_time_of_receipt_the_time_in_the_delivery_id_counts():
    team = TeamFactory()
    event = delivered(delivery(pull_request()), moment(hours=5), received_at=None)
    store(team, event, delivered(delivery(pull_request(8)), None, received_at=None))
    assert Scope(since=moment(hours=5)).selected() == 1
    assert Scope(until=moment(hours=5)).selected() == 0
    assert Scope(until=moment(hours=6)).selected() == 1


def test_pending_parked_and_stale(team):
    later = {"updated_at": payloads.stamp(moment(hours=50)), "repo": repository("acme/store")}
    store_and_process(team, fetched(pull_request(9, **later | {"id": "nine"}), moment(hours=50)))
    store(team, fetched(pull_request(8, title="New", **later), moment(hours=50)))
    Stream.objects.filter(number=7).update(version=VERSION - 1)
    assert [s.number for s in Scope(pending=True).streams()] == [8]
    assert [s.number for s in Scope(parked=True).streams()] == [9]
    assert [s.number for s in Scope(stale=True).streams()] == [7]
    assert Scope(parked=True).selected() == 1
    assert replay(Scope(pending=True)).as_json()["updated"] == 1
    assert replay(Scope(stale=True)).changed == 0
    assert not Scope(pending=True).streams().exists()
    assert not Scope(stale=True).streams().exists()


def test_a_version_alone_is_no_change(team):
    Stream.objects.update(version=0)
    before = tables(team)
    assert replay(Scope()).changed == 0
    assert set(Stream.objects.values_list("version", flat=True)) == {VERSION}
    assert tables(team) == before


class TestWritesNothing:
    @pytest.fixture
    def changed(self, team):
        """Something to create, to update, to delete, to park, to mend, to rename and to evict."""
        moved = pull_request(7, title="New", updated_at=payloads.stamp(moment(hours=50)))
        store_and_process(team, fetched(pull_request(20, state="odd"), moment(hours=50)))
        ParkedEvent.objects.update(event_id=event_id("commit"))
        store(
            team,
            fetched(moved, moment(hours=50)),
            fetched(pull_request(10), moment(hours=50)),
            fetched(review(77), moment(hours=50), number=10),
            fetched(commit("new"), moment(hours=50), number=10),
            fetched(pull_request(11, title=5), moment(hours=50)),
            fetched(pull_request(6, id=pull_request(8)["id"]), moment(hours=50)),
            delivered(repository_delivery("renamed", repository("acme/mall")), moment(hours=60)),
        )
        return team

    @pytest.mark.parametrize("step", [dry_run, verify])
    def test_a_look_writes_nothing(self, changed, step):
        before = dump()
        report = step(Scope())
        assert report.changed > 5
        assert report.as_json()["parked"] == 3
        assert dump() == before

    def test_a_dry_run_says_what_the_replay_then_does(self, changed):
        foreseen, done = dry_run(Scope()).as_json(), replay(Scope()).as_json()
        for kind in ("created", "deleted", "repositories", "selected"):
            assert foreseen[kind] == done[kind], kind
        assert replay(Scope()).changed == 0
        assert verify(Scope()).changed == 0

    def test_differences_are_listed(self, changed):
        found = verify(Scope(pr=7)).as_json()["different"]
        (row,) = [x for x in found if x["table"] == "PullRequest" and "title" in x["fields"]]
        assert (row["kind"], row["key"][1:]) == ("differs", [REPOSITORY_ID, 7])
        assert row["fields"]["title"] == ["Change 7", "New"]


def test_a_link_that_no_row_shows_is_compared_too(team):
    """The commit is that of the lowest pull request that holds it, number 8, whatever number 9 says."""
    from apps.metrics.models import PullRequestCommit

    before = tables(team)
    PullRequestCommit.objects.filter(number=9).update(removed=True)
    report = verify(Scope())
    assert (report.changed, report.as_json()["links"], report.as_json()["updated"]) == (1, 1, 0)
    assert replay(Scope()).changed == 1
    assert tables(team) == before


def test_the_effect_on_the_metrics(team):
    found = merged(8, at=moment(hours=10), additions=100, repo=repository("acme/store"))
    store(team, fetched(found, moment(hours=50)))
    impact = dry_run(Scope()).as_json()["impact"]
    assert impact["cycle_time_hours"]["before"] == {"n": 1, "median": 24.0, "p75": 24.0}
    assert impact["cycle_time_hours"]["after"] == {"n": 2, "median": 17.0, "p75": 20.5}
    assert impact["size"]["moved"][0] == {
        "github_repo": "acme/store",
        "number": 8,
        "before": 12.0,
        "after": 102.0,
    }


def test_orphans_are_named_and_left_alone(team):
    from apps.metrics.factories import CommitFactory, PRReviewFactory, PullRequestFactory

    row = PullRequestFactory(team=team, number=900)
    PRReviewFactory(pull_request=row)
    CommitFactory(pull_request=row)
    report = verify(Scope(team="acme"))
    assert report.changed == 0
    assert report.orphans == {"PullRequest": 1, "PRReview": 1, "Commit": 1}
    assert replay(Scope()).changed == 0
    assert verify(Scope()).orphans == report.orphans


def test_a_row_that_the_log_explains_goes_back(team):
    from apps.metrics.models import Commit, PRReview, PullRequest

    before = tables(team)
    PullRequest.objects.filter(number=7).update(title="by hand", cycle_time_hours=1, author=None)
    PRReview.objects.update(state="commented")
    Commit.objects.update(message="by hand", pull_request=None)
    PullRequest.objects.filter(number=9).delete()
    assert replay(Scope()).changed > 0
    assert tables(team) == before


def test_chunks_cover_every_stream_once(team):
    store(TeamFactory(), *(fetched(pull_request(n)) for n in range(1, CHUNK + 3)))
    found = list(chunks(Scope().streams()))
    assert [len(chunk) for chunk in found] == [CHUNK, 6]
    assert [key for chunk in found for key in chunk] == all_streams()
    assert list(chunks(Scope().streams(), after=found[0][-1])) == found[1:]


def test_chunks_end_at_their_weight(team, monkeypatch):
    weight = max(Stream.objects.values_list("bytes", flat=True))
    monkeypatch.setattr("ingest.replay.cutting.AT_ONCE", weight)
    found = list(chunks(Scope().streams()))
    assert [key for chunk in found for key in chunk] == all_streams()
    assert len(found) > 1


def test_a_stream_too_large_to_hold_is_read_in_parts(team, monkeypatch):
    before = tables(team)
    monkeypatch.setattr("ingest.replay.reading.AT_ONCE", 700)
    store(team, *(delivered(delivery(pull_request(7)), moment(seconds=n), action=f"{n}") for n in range(20)))
    report = replay(Scope(pr=7)).as_json()
    assert (report["events"], report["unchanged"]) == (22, 2)
    assert tables(team)["PRReview"] == before["PRReview"]


def test_no_query_for_a_stream_or_an_event(django_assert_max_num_queries):
    team = TeamFactory()
    store(
        team,
        *(fetched(pull_request(n)) for n in range(1, 201)),
        *(fetched(review(n), number=n) for n in range(1, 201)),
        *(fetched(commit(f"head {n}"), number=n) for n in range(1, 201)),
        *(fetched(pull_request(n, title=5), moment(hours=1)) for n in range(1, 201)),
    )
    with django_assert_max_num_queries(45):
        assert replay(Scope()).as_json()["created"] == 600
    with django_assert_max_num_queries(45):
        assert replay(Scope()).changed == 0
    with django_assert_max_num_queries(30):
        assert verify(Scope(), progress=None).changed == 0
    assert connection.in_atomic_block
