"""Following many repositories at once, on the page."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import AvailableRepository, GitHubIntegration, Purge, TrackedRepository
from apps.integrations.services.repositories.choosing import Filters
from apps.integrations.services.repositories.choosing_many import Choice, to_follow
from apps.integrations.services.repositories.following import follow_many
from apps.metrics.models import PullRequest
from ingest.backfill.window import Window
from ingest.models import AuditLine, Run
from ingest.standin import World

from .conftest import NOW
from .pages import client_of, mute

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/a/core/integrations/github/repos/"


@pytest.fixture
def integration(standin, settings):
    """Of an organisation with six repositories, one archived and one private."""
    settings.SITE_URL = "http://127.0.0.1:9"
    found = GitHubIntegrationFactory(team__slug="core", organization_slug="acme")
    standin.worlds.clear()
    for n in range(6):
        world = World.generate(seed=n, repository=f"part-{n}", pulls=3, now=NOW)
        standin.worlds.append(world)
        AvailableRepository.objects.create(
            team=found.team,
            integration=found,
            github_repo_id=world.repository.id,
            full_name=f"acme/part-{n}",
            is_archived=n == 5,
            is_private=n == 4,
            pushed_at=timezone.now() - timedelta(days=(3, 1, 2, 9, 4, 0)[n]),
        )
    return found


@pytest.fixture
def admin(integration):
    return client_of(integration.team)


@pytest.fixture
def sent(monkeypatch):
    return mute(monkeypatch, tasks.continue_backfill, tasks.settle_webhook)


def ids(*numbers):
    rows = AvailableRepository.objects.filter(full_name__in=[f"acme/part-{n}" for n in numbers])
    return list(rows.order_by("pk").values_list("github_repo_id", flat=True))


def followed():
    rows = TrackedRepository.objects.filter(is_active=True).order_by("full_name")
    return [int(row.full_name[-1]) for row in rows]


def hidden(text):
    """What the form of a page sends."""
    return re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', text)


def send(client, fields):
    data = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return client.post(f"{LIST}many/follow/", data)


def test_those_ticked_are_followed_after_a_plan(integration, admin, sent, standin):
    text = admin.post(f"{LIST}many/", {"repository": ids(1, 3), "window": "30"}).text
    assert "Follow 2 repositories?" in text
    assert "acme/part-1, acme/part-3" in text
    assert "Pull requests" in text
    assert "points an hour" in text
    assert followed() == []
    answer = send(admin, [pair for pair in hidden(text) if pair[0] != "csrfmiddlewaretoken"])
    assert (answer.status_code, answer.url) == (302, "/a/core/integrations/runs/")
    assert followed() == [1, 3]
    assert {run.scope["window"]["days"] for run in Run.objects.all()} == {30}
    lines = AuditLine.objects.order_by("pk").values_list("action", flat=True)
    assert list(lines) == ["track", "track", "sync", "sync"]
    assert set(AuditLine.objects.values_list("who", flat=True)) == {"admin@example.com"}
    assert GitHubIntegration.objects.get().sync_status == "syncing"


def test_all_that_match_without_those_archived(integration, admin, sent):
    shown = admin.get(LIST).text
    assert "Follow all 5" in shown
    text = admin.post(f"{LIST}many/", {"all": "1", "window": "all"}).text
    assert "Follow 5 repositories?" in text
    send(admin, hidden(text))
    assert followed() == [0, 1, 2, 3, 4]
    assert not admin.get(LIST).text.count("Follow all")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"visibility": "private"}, [4]),
        ({"name": "part-2"}, [2]),
        ({"archived": "1"}, [0, 1, 2, 3, 4, 5]),
        ({"name": "nothing"}, []),
    ],
)
def test_all_that_match_a_filter(integration, admin, sent, filters, expected):
    page = admin.get(LIST, filters).text
    fields = dict(hidden(page)) if expected else filters
    answer = admin.post(f"{LIST}many/", {**fields, "all": "1"})
    if expected:
        send(admin, hidden(answer.text))
    assert followed() == expected


def test_said_twice_it_is_done_once(integration, admin, sent):
    for _ in range(2):
        send(admin, [("repository", str(key)) for key in ids(0, 1)])
    assert send(admin, [("repository", "1"), ("repository", "x")]).url == LIST
    assert Run.objects.count() == TrackedRepository.objects.count() == 2
    assert AuditLine.objects.count() == 4
    assert sent == [("continue_backfill", Run.objects.earliest("pk").pk)], "one message, not one for each"


def test_what_was_followed_before_goes_on_and_what_is_purged_is_left_out(integration, admin, sent):
    kept, purged = ids(0, 1)
    TrackedRepositoryFactory(integration=integration, github_repo_id=kept, full_name="x", is_active=False)
    Purge.objects.create(team=integration.team, github_repo_id=purged, who="x")
    chosen = to_follow(integration, Choice(False, ids(0, 1, 2), Filters()))
    found = follow_many(integration, chosen, Window(), "me")
    assert (sorted(found.new), found.purged) == (["acme/part-0", "acme/part-2"], ["acme/part-1"])
    assert followed() == [0, 2]


def test_members_and_strangers_may_not(integration, sent):
    member = client_of(integration.team, role="member")
    stranger = client_of(GitHubIntegrationFactory(team__slug="other").team, email="s@example.com")
    for place in ("many/", "many/follow/"):
        assert member.post(f"{LIST}{place}", {"all": "1"}).status_code == 403
        assert stranger.post(f"{LIST}{place}", {"all": "1"}).status_code == 404
        # By their own address, with our ids.
        theirs = LIST.replace("core", "other")
        assert stranger.post(f"{theirs}{place}", {"repository": ids(0)}).status_code == 302
    assert not TrackedRepository.objects.exists()
    assert 'form="many"' not in member.get(LIST).text


def test_from_the_button_to_the_numbers(integration, admin, sent, standin):
    """In the order of the last push, one at a time, with one message at first."""
    send(admin, [("all", "1"), ("window", "all")])
    assert [name for name, _ in sent] == ["continue_backfill"]
    order = []
    while sent:
        _, run_id = sent.pop(0)
        before = set(Run.objects.filter(state="complete").values_list("pk", flat=True))
        tasks.continue_backfill(run_id)
        done = Run.objects.filter(state="complete").exclude(pk__in=before)
        order += [run.scope["repository"][-1] for run in done]
    assert order == ["1", "2", "0", "4", "3"]
    assert PullRequest.objects.count() == 15


def test_a_plan_that_github_does_not_give(integration, admin, standin):
    standin.behaviour.tokens = {"another"}
    text = admin.post(f"{LIST}many/", {"all": "1"}).text
    assert "Connect GitHub again" in text
    assert "can be followed all the same" in text


def test_webhooks_are_made_some_a_minute(integration, admin, sent, monkeypatch):
    monkeypatch.setattr(tasks, "SETTLED_AT_ONCE", 2)
    send(admin, [("all", "1")])
    TrackedRepository.objects.update(updated_at=timezone.now() - timedelta(minutes=2))
    sent.clear()
    tasks.settle_webhooks()
    assert [name for name, _ in sent] == ["settle_webhook"] * 2
