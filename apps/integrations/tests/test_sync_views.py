"""What an admin does with one repository."""

import re
import threading
from html.parser import HTMLParser

import pytest
from django.db import connections

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import (
    AvailableRepository,
    GitHubIntegration,
    IntegrationCredential,
    Purge,
    TrackedRepository,
)
from apps.metrics.models import PullRequest
from ingest.models import AuditLine, Run

from .pages import HTMX, client_of, mute

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_rest")]


@pytest.fixture
def listed(standin, world, settings):
    settings.SITE_URL = "http://127.0.0.1:9"
    integration = GitHubIntegrationFactory(team__slug="core", organization_slug="acme")
    return AvailableRepository.objects.create(
        team=integration.team,
        integration=integration,
        github_repo_id=world.repository.id,
        full_name="acme/rocket",
    )


@pytest.fixture
def admin(listed):
    return client_of(listed.team)


@pytest.fixture
def sent(monkeypatch):
    return mute(monkeypatch, tasks.settle_webhook, tasks.continue_backfill)


@pytest.fixture
def at_once(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    tasks.settle_webhook.app.conf.task_always_eager = True
    yield
    tasks.settle_webhook.app.conf.task_always_eager = False


def page(listed, rest=""):
    return f"/a/core/integrations/github/repos/{listed.github_repo_id}/{rest}"


def badges(client, listed):
    found = []

    class Parser(HTMLParser):
        inside = False

        def handle_starttag(self, tag, attrs):
            self.inside = "badge" in (dict(attrs).get("class") or "").split()

        def handle_data(self, data):
            if self.inside:
                found.append(data)
            self.inside = False

    Parser().feed(client.get(page(listed)).text)
    return found


def test_from_following_to_synced(listed, admin, sent, standin, world):
    assert badges(admin, listed) == []
    answer = admin.post(page(listed, "toggle/"), {"follow": "1", "window": "30"})
    assert (answer.status_code, answer.url) == (302, page(listed))
    assert badges(admin, listed) == ["Webhook pending", "Queued"]
    for name, *args in sent:
        getattr(tasks, name)(*args)
    assert badges(admin, listed) == ["Webhook active", "Synced"]
    assert len(standin.hooks.of(world.repository.id)) == 1
    assert Run.objects.get().scope["window"] == {"days": 30, "open": True}
    assert PullRequest.for_team(listed.team).exists()
    sent.clear()
    admin.post(page(listed, "toggle/"), {"follow": "0"})
    for name, *args in sent:
        getattr(tasks, name)(*args)
    assert standin.hooks.of(world.repository.id) == []
    assert badges(admin, listed) == []
    assert "what was stored is kept" in admin.get(page(listed)).text
    assert [line.action for line in AuditLine.objects.order_by("pk")] == ["track", "sync", "untrack"]
    assert set(AuditLine.objects.values_list("who", flat=True)) == {"admin@example.com"}


def test_with_workers_that_run_at_once(listed, admin, at_once):
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    assert badges(admin, listed) == ["Webhook active", "Synced"]


def test_a_toggle_that_says_nothing_turns_it_over(listed, admin, sent):
    for expected in (True, False, True):
        admin.post(page(listed, "toggle/"))
        assert TrackedRepository.objects.get().is_active is expected


def test_many_clicks_at_once(listed, admin, sent):
    """On follow and on sync."""
    clients = [client_of(listed.team, email=f"{n}@example.com") for n in range(3)]
    for rest, data in (("toggle/", {"follow": "1"}), ("sync/", {})):
        barrier, codes = threading.Barrier(3), []

        def click(client, rest=rest, data=data, barrier=barrier, codes=codes):
            try:
                barrier.wait()
                codes.append(client.post(page(listed, rest), data).status_code)
            finally:
                connections.close_all()

        clicks = [threading.Thread(target=click, args=[client]) for client in clients]
        for one in clicks:
            one.start()
        for one in clicks:
            one.join()
        assert codes == [302, 302, 302]
        assert Run.objects.count() == TrackedRepository.objects.count() == 1
    assert [name for name, *_ in sent].count("settle_webhook") == 1


def test_sync_opens_the_run(listed, admin, sent):
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    run = Run.objects.get()
    again = admin.post(page(listed, "sync/"), follow=True)
    assert again.redirect_chain == [(f"/a/core/integrations/runs/{run.pk}/", 302)]
    assert f"Run {run.pk} of acme/rocket is not over yet" in again.text
    Run.objects.update(state="complete")
    admin.post(page(listed, "sync/"), {"window": "all"})
    assert Run.objects.latest("pk").scope["window"] == {"all": True}
    assert sent[-1] == ("continue_backfill", Run.objects.latest("pk").pk)


def test_for_htmx_the_card_comes_back(listed, admin, sent):
    text = admin.post(page(listed, "toggle/"), {"follow": "1"}, headers=HTMX).text
    assert "<html" not in text
    assert 'hx-trigger="every 2s"' in text
    assert "is followed" in text
    answer = admin.post(page(listed, "sync/"), headers=HTMX)
    assert (answer.status_code, "<html" in answer.text) == (200, False)
    assert "is not over yet" in answer.text
    Run.objects.update(state="complete")
    TrackedRepository.objects.update(webhook_id=5)
    assert "every 2s" not in admin.get(page(listed), headers=HTMX).text


def test_what_is_not_followed_can_not_be_synced(listed, admin, sent):
    assert admin.post(page(listed, "sync/")).status_code == 404
    assert admin.post("/a/core/integrations/github/repos/5/toggle/").status_code == 404
    assert admin.get("/a/core/integrations/github/repos/5/").status_code == 404
    assert not Run.objects.exists()
    for rest in ("toggle/", "sync/", "plan/", "webhook/"):
        assert admin.get(page(listed, rest)).status_code == 405


def test_another_team_s_repository(listed, admin, sent):
    other = GitHubIntegrationFactory()
    AvailableRepository.objects.update(integration=other, team=other.team)
    assert admin.post(page(listed, "toggle/"), {"follow": "1"}).status_code == 404
    assert not TrackedRepository.objects.exists()


def test_a_webhook_without_the_right_and_a_retry(listed, admin, sent, standin, world):
    standin.behaviour.hooks_refused = 404
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    tracked = TrackedRepository.objects.get()
    tasks.settle_webhook(tracked.pk)
    text = admin.get(page(listed)).text
    assert badges(admin, listed)[0] == "Webhook pending"
    assert "not an administrator" in text
    assert "Try the webhook again" in text
    standin.behaviour.hooks_refused = 0
    sent.clear()
    admin.post(page(listed, "webhook/"))
    assert sent == [("settle_webhook", tracked.pk)]
    tasks.settle_webhook(tracked.pk)
    assert badges(admin, listed)[0] == "Webhook active"
    # Somebody deleted it at GitHub.
    standin.hooks.remove(standin.hooks.of(world.repository.id)[0])
    assert "Check the webhook" in admin.get(page(listed)).text
    admin.post(page(listed, "webhook/"))
    tasks.settle_webhook(tracked.pk)
    assert len(standin.hooks.of(world.repository.id)) == 1


def test_asking_about_the_webhook_says_that_it_is_done(listed, admin, sent):
    about = {"github_repo_id": listed.github_repo_id, "full_name": "acme/rocket", "webhook_id": 5}
    TrackedRepositoryFactory(integration=listed.integration, **about)
    for active, said in (
        (True, "GitHub is asked about the webhook of acme/rocket"),
        (False, "The webhook of acme/rocket is being removed at GitHub."),
    ):
        TrackedRepository.objects.update(is_active=active)
        assert said in admin.post(page(listed, "webhook/"), follow=True).text
        assert said in admin.post(page(listed, "webhook/"), headers=HTMX).text


def test_a_renamed_repository(listed, admin, at_once, world):
    world.rename("booster")
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    assert badges(admin, listed) == ["Webhook active", "Synced"]
    assert Run.objects.get().scope["repository"] == "acme/booster"


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"tokens": {"another"}}, "Connect GitHub again"),
        ({"hidden": True}, "the token may no longer see it"),
        ({"forbidden": True}, "Grant the token access"),
        ({"blocked": True}, "for legal reasons"),
        ({"error_every": 1}, "githubstatus.com"),
    ],
)
def test_each_error_has_its_sentence(listed, admin, at_once, standin, monkeypatch, behaviour, words):
    monkeypatch.setattr("ingest.github.client.FIRST_BACKOFF", 0.0)
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    assert badges(admin, listed) == ["Webhook pending", "Sync error"]
    assert words in admin.get(page(listed)).text
    assert GitHubIntegration.objects.get().sync_status == "error"
    # After it was mended, a sync goes on with what is missing.
    for name in behaviour:
        setattr(standin.behaviour, name, None if name == "tokens" else 0)
    IntegrationCredential.objects.update(status="active")
    admin.post(page(listed, "sync/"))
    assert badges(admin, listed)[1] == "Synced"


def test_an_empty_repository_is_synced(listed, admin, at_once, standin):
    standin.behaviour.empty = True
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    assert badges(admin, listed)[1] == "Synced"


def test_a_limit_is_waiting_and_no_error(listed, admin, at_once, standin):
    standin.behaviour.rate_limit = 15
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    assert badges(admin, listed)[1] == "Waiting"
    assert "limit until" in admin.get(page(listed)).text


def test_a_plan_changes_nothing(listed, admin, sent, standin):
    text = admin.post(page(listed, "plan/"), {"window": "90"}).text
    assert "GraphQL, since it takes less of its quota" in text
    rows = [" ".join(row.split()) for row in re.findall(r"<tr>(.*?)</tr>", text, re.DOTALL)]
    by_rest = next(row for row in rows if "REST" in row)
    # Less what is left to others.
    assert re.search(r"4,49\d of 5,000", by_rest)
    assert any("GraphQL" in row for row in rows)
    assert '<option value="90" selected>' in text
    assert not TrackedRepository.objects.exists()
    assert not Run.objects.exists()
    assert "<html" not in admin.post(page(listed, "plan/"), headers=HTMX).text


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"tokens": {"another"}}, "Connect GitHub again"),
        ({"hidden": True}, "the token may no longer see it"),
        ({"error_every": 1}, "again"),
        ({"rate_limit": 0}, "ask again after"),
    ],
)
def test_a_plan_that_github_does_not_give(listed, admin, standin, behaviour, words):
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    answer = admin.post(page(listed, "plan/"))
    assert answer.status_code == 200
    assert words in answer.context["plan_problem"]


def test_a_plan_of_a_repository_whose_name_another_took(listed, admin, standin, world):
    world.rename("booster")
    standin.worlds.append(type(world).generate(seed=8, pulls=1, now=world.now))
    assert admin.post(page(listed, "plan/")).context["plan"].repository.full_name == "acme/booster"


def test_a_plan_that_takes_too_long(listed, admin, monkeypatch):
    monkeypatch.setattr("apps.integrations.services.repositories.planning.PATIENCE", -1.0)
    assert "counting took too long" in admin.post(page(listed, "plan/")).context["plan_problem"]


def test_while_it_is_purged(listed, admin, sent):
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    Run.objects.update(state="complete")
    Purge.objects.create(team=listed.team, github_repo_id=listed.github_repo_id, who="x")
    assert badges(admin, listed)[-1] == "Deleting"
    assert "is being deleted" in admin.post(page(listed, "sync/"), follow=True).text
    assert Run.objects.count() == 1
