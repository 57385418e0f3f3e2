"""The webhook, asked for again."""

import pytest

from apps.integrations import tasks
from apps.integrations.factories import TrackedRepositoryFactory
from apps.integrations.models import TrackedRepository
from apps.integrations.tests.pages import HTMX

from .conftest import badges, page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_rest")]


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
