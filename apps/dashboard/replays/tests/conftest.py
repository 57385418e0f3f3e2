import re
from html import unescape

import pytest

from apps.metrics.models import PullRequest
from apps.teams.factories import MembershipFactory
from ingest import tasks
from ingest.models import Run
from tests.payloads import delivered, fetched, merged
from tests.processed import store_and_process


@pytest.fixture
def team(client):
    """The only team of whom `client` is signed in as an admin."""
    membership = MembershipFactory(team__slug="ours", user__email="ann@example.com", role="admin")
    client.force_login(membership.user)
    return membership.team


@pytest.fixture
def pulls(team):
    """1 to 5, of which 3 was changed by hand."""
    store_and_process(team, *(fetched(merged(number)) for number in range(1, 6)))
    PullRequest.objects.filter(number=3).update(cycle_time_hours=900)


@pytest.fixture
def parked(team):
    """An event of 8 that no processor can read."""
    broken = merged(8)
    broken["id"] = "eight"
    store_and_process(
        team, delivered({"action": "edited", "pull_request": broken}, event_type="pull_request")
    )


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The runs that workers were told of; `work` does what they would."""
    found = []
    monkeypatch.setattr(tasks.work_on_replay, "apply_async", lambda args, **options: found.append(args[0]))
    return found


@pytest.fixture
def begin(client, django_capture_on_commit_callbacks):
    """Posts what a page's form would; returns the run that was begun."""

    def post(mode, **scope):
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/a/ours/replays/begin/", {"mode": mode, **scope})
        assert answer.status_code == 302, answer.text
        return Run.objects.get(pk=int(answer.url.rstrip("/").rpartition("/")[2]))

    return post


@pytest.fixture
def work():
    """A worker does all of a run."""

    def do(run):
        state = None
        while state != (state := Run.objects.get(pk=run.pk).counters) or Run.objects.get(pk=run.pk).state in (
            "queued",
            "running",
        ):
            tasks.work_on_replay.apply((run.pk,))
        run.refresh_from_db()
        return run

    return do


def forms_of(page: str, mode: str) -> dict[str, list[str]]:
    """What the form with the button of this mode posts, besides the mode."""
    [form] = [
        part for part in re.findall(r"<form.*?</form>", page, re.S) if f'name="mode" value="{mode}"' in part
    ]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        if name != "csrfmiddlewaretoken":
            found.setdefault(name, []).append(unescape(value))
    return found
