"""A replay's page: live while it runs, its report afterwards."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.dashboard.replays.run_view import ReplayView
from apps.metrics.models import PullRequest
from apps.metrics.projection.version import VERSION
from ingest.models import AuditLine, Run
from ingest.replay import cutting
from ingest.replay.sharing import take
from tests.payloads import REPOSITORY_ID, delivered, delivery, merged, moment, stamp
from tests.processed import dump, store

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def at(run) -> str:
    return f"/a/ours/replays/{run.pk}/"


def test_it_polls_while_it_runs_and_ends_when_it_is_over(client, team, pulls, begin, work):
    run = begin("replay", repo=str(REPOSITORY_ID))
    page = client.get(at(run))
    assert f'hx-get="{at(run)}" hx-trigger="every 2s"' in page.text
    assert 'aria-live="polite"' in page.text
    fragment = client.get(at(run), headers=HTMX)
    assert fragment.status_code == 200
    assert "<html" not in fragment.text
    work(run)
    assert client.get(at(run), headers=HTMX).status_code == 286
    assert "every 2s" not in client.get(at(run)).text


def test_progress_is_what_is_done(client, team, pulls, begin, monkeypatch):
    monkeypatch.setattr(cutting, "CHUNK", 2)
    run = begin("replay", repo=str(REPOSITORY_ID))
    take(run).work()
    text = client.get(at(run)).text
    assert "2 of 5 streams" in text
    assert 'value="2" max="5"' in text


def test_pause_resume_and_cancel(client, team, pulls, begin, work, sent, django_capture_on_commit_callbacks):
    run = begin("replay", repo=str(REPOSITORY_ID))
    told = len(sent)
    for action, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(f"{at(run)}{action}/").url == at(run)
        assert Run.objects.get().state == state
    assert sent == [run.pk] * told * 2, "when it began and when it was resumed"
    assert list(AuditLine.objects.order_by("pk").values_list("action", flat=True)) == [
        "replay",
        "pause replay",
        "resume replay",
        "cancel replay",
    ]
    client.post(f"{at(run)}resume/")
    assert "It is not paused." in client.get(at(run)).text
    assert Run.objects.get().state == "cancelled"


def test_the_impact_tells_code_from_pending_events_and_links_what_moves(client, team, pulls, begin, work):
    newer = merged(2, moment(hours=90), updated_at=stamp(moment(hours=90)))
    store(team, delivered(delivery(newer, "closed"), moment(hours=90)))
    run = work(begin("dry-run", repo=str(REPOSITORY_ID)))
    answer = client.get(at(run))
    [cycle] = [one for one in answer.context["view"].impact if one["name"] == "Cycle time"]
    values = [row["median"] for _, row in cycle["rows"]]
    assert [when for when, _ in cycle["rows"]] == ["as stored", "by today's code", "with pending events"]
    assert [row["n"] for _, row in cycle["rows"]] == [5, 5, 5]
    assert None not in values
    moved = {one["number"]: one for one in answer.context["view"].moved if one["metric"] == "Cycle time"}
    assert moved[3]["before"] == 900
    assert moved[2]["after"] == 90
    for number in (2, 3):
        assert f'href="/a/ours/pulls/{REPOSITORY_ID}/{number}/"' in answer.text
    [(_, code), (_, events)] = answer.context["view"].causes
    assert (code["updated"], events["updated"]) == (1, 1)
    assert "PullRequest.cycle_time_hours" in dict(answer.context["view"].fields)


def test_differences_are_listed(client, team, pulls, begin, work):
    run = work(begin("verify", repo=str(REPOSITORY_ID)))
    text = client.get(at(run)).text
    assert "1 difference between the rows and the log." in text
    assert "cycle_time_hours: 900.00 →" in text


def test_the_expected_duration_is_by_the_last_replays(team, pulls, begin, work):
    preview = work(begin("dry-run", repo=str(REPOSITORY_ID)))
    Run.objects.create(
        team=team, kind="replay", state="complete", scope={}, report={"streams": 100, "seconds": 200.0}
    )
    Run.objects.create(
        team=team,
        kind="replay",
        state="complete",
        scope={"mode": "verify"},
        report={"streams": 1, "seconds": 99},
    )
    assert ReplayView(preview, timezone.now()).expected == pytest.approx(10)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"state": "queued", "age": 60}, "is a worker running?"),
        ({"state": "queued", "age": 1}, "It waits for a worker."),
        ({"state": "running", "heartbeat_at": timezone.now() - timedelta(hours=1)}, "Its worker is silent"),
        ({"state": "failed", "error": "RuntimeError", "message": "<b>"}, "RuntimeError: <b>"),
        ({"state": "queued", "cursor": {"version": VERSION + 1}}, "A newer version of the code started it"),
        ({"state": "paused"}, "resuming goes on from there."),
    ],
)
def test_each_state_is_said_in_a_sentence(client, team, changes, told):
    age = changes.pop("age", 0)
    run = Run.objects.create(team=team, kind="replay", scope={"team": "ours"}, **changes)
    now = run.created_at + timedelta(seconds=age)
    assert told in ReplayView(run, now).sentence
    assert "<b>:" not in client.get(at(run)).text


def test_a_report_stays_and_looking_writes_nothing(client, team, pulls, begin, work):
    run = work(begin("replay", number="3"))
    client.get(at(run))
    before = dump()
    text = client.get(at(run)).text
    assert "Done: 1 row changed." in text
    assert "by ann@example.com" in text
    assert dump() == before
    assert PullRequest.objects.count() == 5


def test_the_list_is_paged_by_run(client, team, monkeypatch):
    monkeypatch.setattr("apps.dashboard.replays.views.ON_A_PAGE", 2)
    runs = [
        Run.objects.create(team=team, kind="replay", state="complete", scope={"team": "ours"}) for _ in "abc"
    ]
    first = client.get("/a/ours/replays/")
    assert [view.run for view in first.context["views"]] == runs[:0:-1]
    assert f"before={runs[1].pk}" in first.text
    second = client.get(f"/a/ours/replays/?before={runs[1].pk}")
    assert [view.run for view in second.context["views"]] == runs[:1]
    assert client.get("/a/ours/replays/?state=failed").context["views"] == []
    assert client.get("/a/ours/replays/?before=x").status_code == 200
