from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.services.github_sync import begin, go_on
from apps.integrations.services.runs.view import ParkedCause, RunView
from ingest.backfill.window import Window
from ingest.models import AuditLine, ParkedEvent, RawGitHubEvent, Run, Stream
from ingest.runs.lease import EXPIRES, take

from .conftest import NOW
from .pages import HTMX, client_of, mute

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_rest")]

State = Run.State
RUNS = "/a/core/integrations/runs/"


@pytest.fixture
def tracked(standin, world):
    return TrackedRepositoryFactory(
        team__slug="core", github_repo_id=world.repository.id, full_name="acme/rocket"
    )


@pytest.fixture
def run(tracked):
    return begin(tracked, Window(), "alice@example.com")[0]


@pytest.fixture
def admin(tracked):
    return client_of(tracked.team)


def page(run, rest=""):
    return f"{RUNS}{run.pk}/{rest}"


def view(run, **later):
    run.refresh_from_db()
    return RunView(run, timezone.now() + timedelta(**later))


def test_the_whole_life_of_a_run(run, admin):
    assert view(run).badge == ("Queued", "info")
    text = admin.get(page(run)).text
    assert "alice@example.com" in text
    assert "how many there are is not known yet" in text
    go_on(run)
    done = view(run)
    assert (done.badge, done.alive) == (("Complete", "success"), False)
    assert done.covered == f"Covered back to {done.cutoff:%Y-%m-%d}."
    assert done.stored == done.applied == RawGitHubEvent.objects.count()
    assert {one.name: one.stored for one in done.resources}["Pull requests"] > done.pull_requests > 0
    text = admin.get(page(run)).text
    assert "is not known yet" not in text
    assert "of 5,000 calls left" in text


def test_htmx_asks_until_it_is_over(run, admin):
    assert 'hx-trigger="every 2s"' in admin.get(page(run)).text
    answer = admin.get(page(run), headers=HTMX)
    assert (answer.status_code, "<html" in answer.text) == (200, False)
    go_on(run)
    assert 'hx-trigger="every 2s"' not in admin.get(page(run)).text
    assert admin.get(page(run), headers=HTMX).status_code == 286


def test_a_run_that_was_interrupted_is_not_syncing(run, admin):
    take(run)
    assert view(run).badge == ("Syncing", "info")
    found = view(run, seconds=EXPIRES.seconds + 1)
    assert (found.badge, found.alive) == (("Interrupted", "warning"), True)
    assert "goes on by itself" in found.sentence
    Run.objects.update(state=State.QUEUED, heartbeat_at=None, lease="")
    assert view(run).badge[0] == "Queued"
    assert view(run, minutes=2).sentence.startswith("No worker has taken it yet.")


def test_waiting_says_until_when(run, standin):
    standin.behaviour.rate_limit = 15
    go_on(run)
    found = view(run)
    assert found.badge == ("Waiting", "info")
    assert f"until {run.not_before:%H:%M} UTC" in found.sentence
    assert view(run, hours=3).sentence == "GitHub's limit is over. It goes on in a moment."


def test_covered_while_it_runs(run, standin):
    """By what was fetched, newest first; never by a guess."""
    assert view(run).covered == "Nothing is covered yet."
    standin.behaviour.rate_limit = 12
    go_on(run)
    found = view(run)
    oldest = found._oldest_visited()
    assert found.covered == f"Covered back to {oldest:%Y-%m-%d}."
    assert found.cutoff < oldest


def test_what_an_earlier_run_fetched_does_not_count_before_the_rest_of_its_page(run, tracked, standin, world):
    go_on(run)
    world.touch(max(world.outlines))
    standin.clock = lambda: NOW + timedelta(hours=3)
    # The repository and a page of the list: that it is unchanged is noted of the others on it.
    standin.behaviour.rate_limit = 2
    second, _ = begin(tracked, Window())
    go_on(second)
    assert view(second).counters.unchanged > 0
    assert view(second).covered == "Nothing is covered yet."


def test_covered_by_a_run_of_all(tracked):
    everything, _ = begin(tracked, Window(None))
    go_on(everything)
    assert view(everything).covered == "All pull requests."


def test_a_failure_says_what_to_do(run, standin, admin):
    standin.behaviour.hidden = True
    with pytest.raises(Exception, match="finds nothing"):
        go_on(run)
    found = view(run)
    assert found.badge == ("Failed", "error")
    text = admin.get(page(run)).text
    assert "<b>Next:</b> Look whether whoever connected can still open the repository" in text


def test_errors_by_cause(run, admin):
    failures = [
        {"number": n, "endpoint": "reviews", "error": error, "message": f"no {n}"}
        for n, error in ((3, "NotFoundOrNoPermission"), (4, "Disabled"), (5, "NotFoundOrNoPermission"))
    ]
    Run.objects.update(report={"failures": failures}, counters={"failures": 3}, state=State.COMPLETE)
    causes = view(run).causes
    assert [(cause.error, cause.count, cause.numbers) for cause in causes] == [
        ("NotFoundOrNoPermission", 2, [3, 5]),
        ("Disabled", 1, [4]),
    ]
    assert causes[0].sample == "no 3"
    assert "but for 3 parts" in view(run).sentence
    assert "#3: no 3" in admin.get(page(run)).text


def test_parked_events_of_it(tracked, run, admin):
    go_on(run)
    event = RawGitHubEvent.objects.first()
    stream = Stream.objects.get(team=event.team, repository_id=event.repository_id, number=event.number)
    ParkedEvent.objects.create(
        team=tracked.team, stream=stream, event=event, error="Unreadable", message="no id", path="$.id"
    )
    assert view(run).parked() == [ParkedCause("Unreadable", "$.id", 1, "no id")]
    assert "no id" in admin.get(page(run)).text
    assert admin.get(RUNS).context["rows"][0][1] == 1


def test_the_last_events_and_no_payload(run, tracked):
    go_on(run)
    events = view(run).last_events()
    newest = RawGitHubEvent.objects.order_by("-pk").first()
    assert (events[0], len(events)) == (newest, 10)
    titles = [e.payload["title"] for e in RawGitHubEvent.objects.filter(event_type="pull_request")]
    text = client_of(tracked.team, "member").get(page(run)).text
    assert f">{newest.pk}</" in text
    assert not any(title in text for title in titles)


def test_pause_resume_cancel(run, admin, monkeypatch, django_capture_on_commit_callbacks):
    sent = mute(monkeypatch, tasks.continue_backfill)

    def press(what):
        with django_capture_on_commit_callbacks(execute=True):
            answer = admin.post(page(run, f"{what}/"), follow=True)
        assert answer.redirect_chain == [(page(run), 302)]
        run.refresh_from_db()
        return answer.text

    Run.objects.update(cursor={"round": {"name": "updated"}})
    press("pause")
    assert (run.state, run.cursor) == (State.PAUSED, {"round": {"name": "updated"}})
    assert "It is paused, or over, already." in press("pause")
    press("resume")
    assert (run.state, sent) == (State.QUEUED, [("continue_backfill", run.pk)])
    assert "It is not paused." in press("resume")
    press("cancel")
    assert run.state == State.CANCELLED
    assert "It is over already." in press("cancel")
    assert len(sent) == 1
    lines = AuditLine.objects.order_by("pk").values_list("action", "who")
    assert list(lines) == [(f"{a} run", "admin@example.com") for a in ("pause", "resume", "cancel")]


def test_only_an_admin_steers(run, tracked):
    member = client_of(tracked.team, "member")
    assert "Pause" not in member.get(page(run)).text
    for rest in ("pause/", "resume/", "cancel/"):
        assert member.post(page(run, rest)).status_code == 403
    assert view(run).run.state == State.QUEUED


def test_another_team_s_run(run, tracked):
    stranger = client_of(TrackedRepositoryFactory(team__slug="other").team)
    assert stranger.get(f"/a/other/integrations/runs/{run.pk}/").status_code == 404
    assert stranger.post(f"/a/other/integrations/runs/{run.pk}/cancel/").status_code == 404
    assert stranger.get("/a/other/integrations/runs/").context["rows"] == []
    assert view(run).run.state == State.QUEUED


def test_the_history(run, tracked, admin):
    go_on(run)
    other = TrackedRepositoryFactory(integration=tracked.integration, full_name="acme/web")
    second, _ = begin(other, Window(None))

    def shown(query=""):
        return [view.run for view, _ in admin.get(f"{RUNS}{query}").context["rows"]]

    assert shown() == [second, run]
    assert shown(f"?repository={tracked.github_repo_id}") == [run]
    assert shown("?state=queued") == [second]
    assert shown("?repository=x&state=x&page=x") == [second, run]
    assert "<html" not in admin.get(RUNS, headers=HTMX).text
