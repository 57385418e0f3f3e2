"""Following a repository, and to stop."""

import threading

import pytest
from django.db import connections

from apps.integrations import tasks
from apps.integrations.factories import GitHubIntegrationFactory
from apps.integrations.models import AvailableRepository, TrackedRepository
from apps.integrations.tests.pages import HTMX, client_of
from apps.metrics.models import PullRequest
from ingest.models import AuditLine, Run

from .conftest import badges, page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_rest")]


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


def test_another_team_s_repository(listed, admin, sent):
    other = GitHubIntegrationFactory()
    AvailableRepository.objects.update(integration=other, team=other.team)
    assert admin.post(page(listed, "toggle/"), {"follow": "1"}).status_code == 404
    assert not TrackedRepository.objects.exists()


def test_a_renamed_repository(listed, admin, at_once, world):
    world.rename("booster")
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    assert badges(admin, listed) == ["Webhook active", "Synced"]
    assert Run.objects.get().scope["repository"] == "acme/booster"
