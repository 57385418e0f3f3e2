import json
from datetime import timedelta

import pytest

from apps.metrics.models import Commit, PRReview, PullRequest
from apps.teams.factories import TeamFactory
from ingest.backfill.report import report
from ingest.backfill.starting import watermark
from ingest.backfill.window import Window
from ingest.log.gate import open_gate
from ingest.models import Fetch, RawGitHubEvent, Run, Stream
from ingest.standin import World, running
from ingest.standin.wire import listen
from tests.tables import log_of, tables

from .conftest import NOW, in_window

pytestmark = pytest.mark.django_db


def test_the_window_is_stored_and_made_into_rows(standin, world, team, backfill):
    run = backfill(standin, team)

    wanted = in_window(world)
    assert set(PullRequest.for_team(team).values_list("number", flat=True)) == wanted
    assert PRReview.for_team(team).count() == sum(
        review.state != "PENDING" for number in wanted for review in world.pull(number).reviews
    )
    assert run.state == Run.State.COMPLETE
    found = report(run)
    assert found["pull_requests"] == found["visited"] == len(wanted)
    assert found["stored"] == found["applied"]
    assert found["events_stored"] == RawGitHubEvent.for_team(team).count()
    assert found["parked"] == 0
    assert found["requests"] == len(standin.requests)


def test_merged_yesterday_and_old_open_are_in_old_closed_is_out(standin, world, team, backfill):
    backfill(standin, team)
    stored = set(RawGitHubEvent.for_team(team).values_list("number", flat=True))

    assert world.outlines[world.named["late_merge"]].created_at < NOW - timedelta(days=100)
    assert {world.named["late_merge"], world.named["stale_open"]} <= stored
    outside = set(world.outlines) - in_window(world)
    assert outside
    assert not outside & stored


def test_days_and_all(standin, world, team, backfill):
    backfill(standin, team, Window(20))
    assert set(Stream.for_team(team).values_list("number", flat=True)) == in_window(world, 20)
    backfill(standin, team, Window(None))
    assert set(Stream.for_team(team).values_list("number", flat=True)) == set(world.outlines)


def test_a_second_backfill_adds_nothing_and_visits_nobody(standin, team, backfill):
    backfill(standin, team)
    log, rows = log_of(team), tables(team)
    standin.requests.clear()

    second = backfill(standin, team)

    assert (log_of(team), tables(team)) == (log, rows)
    assert second.counters["stored"] == {}
    assert second.counters["visited"] == 0
    assert set(standin.requests.by_endpoint) == {"repository", "pulls"}


def test_only_what_changed_is_fetched_again(standin, world, clock, team, backfill):
    backfill(standin, team)
    standin.requests.clear()
    number = world.named["draft"]
    world.review(number)
    clock.forward(hours=1)

    second = backfill(standin, team)

    assert standin.requests.count("pull") == 1
    assert second.counters["stored"] == {"pull_request": 2, "pull_request_review": 1}
    assert PRReview.for_team(team).filter(pull_request__number=number).count() == 1


def test_what_was_fetched_in_the_second_of_its_update_is_fetched_again(standin, world, clock, team, backfill):
    """`updated_at` has whole seconds: the next change in that second would leave it as it is."""
    number = world.named["draft"]
    world.touch(number)
    clock.now = world.time
    backfill(standin, team)
    standin.requests.clear()
    backfill(standin, team)

    asked_again = {asked.path for asked in standin.requests.all if asked.endpoint == "pull"}
    assert f"/repos/acme/rocket/pulls/{number}" in asked_again


def test_reviews_that_come_while_a_pull_request_is_read_are_fetched_the_next_time(
    standin, world, clock, team, backfill, monkeypatch
):
    number = world.named["draft"]
    answer = standin.answer

    def review_comes_after_reviews_were_read(request):
        given = answer(request)
        if request.path.endswith(f"/pulls/{number}/reviews") and not world.pull(number).reviews:
            world.review(number)
        return given

    monkeypatch.setattr(standin, "answer", review_comes_after_reviews_were_read)
    with listen(standin.answer) as url:
        monkeypatch.setattr(standin, "url", url)
        backfill(standin, team)
        clock.forward(hours=1)
        backfill(standin, team)

    assert PRReview.for_team(team).filter(pull_request__number=number).count() == 1


def test_a_thousand_pull_requests_take_three_requests_each(team, clock, backfill):
    world = World.generate(pulls=120, now=NOW)
    with running(world, clock=clock) as standin:
        run = backfill(standin, team, Window(None))
        # One more page for each further hundred of commits: of the one with 273, two.
        pages = -(-120 // 100)
        assert len(standin.requests) == 1 + pages + 3 * 120 + 2
        assert run.counters["requests"] == len(standin.requests)


def test_events_say_where_they_come_from(standin, world, clock, team, backfill):
    run = backfill(standin, team)
    number = world.named["dismissed"]
    events = RawGitHubEvent.for_team(team).filter(number=number)

    kinds = set(events.values_list("endpoint", "event_type"))
    assert kinds == {
        ("pulls", "pull_request"),
        ("pull", "pull_request"),
        ("reviews", "pull_request_review"),
        ("commits", "commit"),
    }
    assert set(events.values_list("source", flat=True)) == {"rest"}
    assert set(events.values_list("received_at", flat=True)) == {clock.now}
    assert set(events.values_list("named_repository_id", flat=True)) == {world.repository.id}
    assert set(events.values_list("named_repository", flat=True)) == {"acme/rocket"}
    assert set(events.exclude(endpoint="pulls").values_list("named_number", flat=True)) == {number}
    assert set(events.filter(endpoint="pulls").values_list("named_number", flat=True)) == {None}
    fetch = events.get(endpoint="pull").fetch
    assert fetch.url == f"{standin.url}/repos/acme/rocket/pulls/{number}"
    assert (fetch.status, fetch.run_id, fetch.answered_at) == (200, run.pk, clock.now)
    assert fetch.etag
    assert fetch.request_id
    assert fetch.details["rate"]["limit"] == 5000


def test_a_cut_list_of_commits_is_marked(standin, world, team, backfill):
    run = backfill(standin, team)
    number = world.named["many_commits"]

    cut = Fetch.for_team(team).filter(truncated=True)
    assert {fetch.url.partition("?")[0].rpartition("/pulls/")[2] for fetch in cut} == {f"{number}/commits"}
    assert cut.count() == 3
    assert Commit.for_team(team).filter(pull_request__number=number).count() == 250
    assert run.counters["truncated"] == 1


def test_without_replay_events_wait(standin, team, backfill):
    run = backfill(standin, team, replay=False)

    assert not PullRequest.for_team(team).exists()
    assert run.counters["applied"] == {}
    assert all(stream.pending for stream in Stream.for_team(team))
    backfill(standin, team)
    assert not any(stream.pending for stream in Stream.for_team(team))
    assert PullRequest.for_team(team).exists()


def test_stored_and_applied_climb_together(standin, team, backfill):
    seen = []
    backfill(standin, team, progress=lambda run, c: seen.append((c.stored.total(), c.applied.total())))

    assert seen == sorted(seen)
    stored, applied = seen[-1]
    assert stored == applied
    assert any(0 < applied < stored for stored, applied in seen)


def test_the_watermark_is_the_start_by_github_s_clock(standin, clock, team, backfill):
    repository_id = standin.world.repository.id
    assert watermark(team, repository_id) is None
    began = clock.now
    backfill(standin, team, progress=lambda run, counters: clock.forward(seconds=1))

    assert clock.now > began
    assert watermark(team, repository_id) == began


def test_two_teams_have_two_histories(standin, team, backfill):
    other = TeamFactory()
    backfill(standin, team)
    backfill(standin, other)

    assert log_of(team) == log_of(other)
    assert tables(team) == tables(other)


def test_what_is_purged_is_fetched_again(standin, world, team, backfill):
    """What is known of a visit goes with its stream."""
    backfill(standin, team)
    number = world.named["dismissed"]
    with open_gate("test"):
        RawGitHubEvent.for_team(team).filter(number=number)._raw_delete("default")
        Stream.for_team(team).filter(number=number).delete()

    assert backfill(standin, team).counters["visited"] == 1


def canary(number, repository, more=""):
    """A pull request as no `json.dumps` would write it."""
    text = (
        '{ "id" : %d,\t"number":%d , "title":"caf\\u00e9 \\u0000 \\/ \\ud800",\r\n "state":"open",'
        '"user":null, "created_at":"2026-06-01T00:00:00Z","updated_at":"2026-06-02T00:00:00Z",'
        '"merged_at" : null,'
        '"closed_at":null, "base": {"ref":"main","repo":{"id":%d,"full_name":"acme/odd"}} %s}'
    )
    return (text % (number * 10, number, repository, more)).encode()


def test_bytes_are_stored_as_they_came(team, backfill):
    from ingest.standin.recorded import recording

    listed, detail = canary(1, 77), canary(1, 77, ', "commits" : 1, "additions":1.0e0')
    review = (
        b'{"id":5 ,"state":"APPROVED", "user" : {"id":9,"login":"b"}, "submitted_at":"2026-06-02T00:00:00Z"}'
    )
    commit = b'{ "sha" : "%s","commit":{"message":"\\ud800 lone"} }' % (b"a" * 40)
    repository = {"id": 77, "full_name": "acme/odd", "owner": {"login": "acme", "id": 1}}
    pulls = "/repos/acme/odd/pulls"
    exchanges = [
        {"path": "/repos/acme/odd", "body": repository},
        {"path": pulls, "body": b"[\n " + listed + b" \t]\n"},
        {"path": f"{pulls}/1", "body": detail},
        {"path": f"{pulls}/1/reviews", "body": b"[" + review + b"]"},
        {"path": f"{pulls}/1/commits", "body": b"[  " + commit + b"]"},
    ]
    with recording(exchanges) as server:
        server.world = type("World", (), {"repository": type("R", (), {"id": 77, "full_name": "acme/odd"})})
        run = backfill(server, team, Window(None))

    stored = {event.endpoint: event.body for event in RawGitHubEvent.for_team(team)}
    assert stored == {"pulls": listed, "pull": detail, "reviews": review, "commits": commit}
    assert run.counters["failures"] == 0
    assert json.loads(listed)["title"] == "café \x00 / \ud800"
    assert PullRequest.for_team(team).get().title == "café \ufffd / \ufffd"
