"""A sync, and what its errors say."""

import pytest

from apps.integrations.models import GitHubIntegration, IntegrationCredential, Purge
from ingest.models import Run

from .conftest import badges, page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("by_rest")]


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


def test_what_is_not_followed_can_not_be_synced(listed, admin, sent):
    assert admin.post(page(listed, "sync/")).status_code == 404
    assert admin.post("/a/core/integrations/github/repos/5/toggle/").status_code == 404
    assert admin.get("/a/core/integrations/github/repos/5/").status_code == 404
    assert not Run.objects.exists()
    for rest in ("toggle/", "sync/", "plan/", "webhook/"):
        assert admin.get(page(listed, rest)).status_code == 405


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


def test_while_it_is_purged(listed, admin, sent):
    admin.post(page(listed, "toggle/"), {"follow": "1"})
    Run.objects.update(state="complete")
    Purge.objects.create(team=listed.team, github_repo_id=listed.github_repo_id, who="x")
    assert badges(admin, listed)[-1] == "Deleting"
    assert "is being deleted" in admin.post(page(listed, "sync/"), follow=True).text
    assert Run.objects.count() == 1
