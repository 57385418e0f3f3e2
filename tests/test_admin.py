"""Django's admin: what it shows it does not change, and nothing is counted or searched without an index."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.teams import looking
from apps.teams.factories import TeamFactory
from apps.teams.looking import LookOnly
from apps.users.models import User
from ingest.models import AuditLine, Fetch, RawGitHubEvent, Run, Stream
from tests.payloads import REPOSITORY_ID, commit, delivered, delivery, fetched, merged, pull_request, sha_of
from tests.processed import store_and_process

pytestmark = pytest.mark.django_db

LOOKED_AT = [one for one in admin.site._registry.values() if isinstance(one, LookOnly)]
SECRETS = ("access_token", "refresh_token", "webhook_secret", "previous_webhook_secret", "packed")


def path_of(page: LookOnly) -> str:
    return f"/admin/{page.opts.app_label}/{page.opts.model_name}/"


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_superuser("root@example.com", "x"))
    return client


@pytest.fixture
def rows(db):
    team = TeamFactory(slug="ours")
    store_and_process(
        team,
        delivered(delivery(pull_request(7))),
        fetched(merged(8)),
        fetched(commit("head 7"), number=7),
        delivered(b"[]", event_type="pull_request"),
    )
    run = Run.objects.create(team=team, kind="backfill", scope={"repository": "a/b"})
    Fetch.objects.create(team=team, run=run, url="https://api.github.com/x", status=200)
    AuditLine.objects.create(team=team, who="a@b.c", action="replay")
    integration = GitHubIntegrationFactory(team=team, webhook_secret="of-the-hook")
    TrackedRepositoryFactory(integration=integration)
    return team


@pytest.mark.parametrize("page", LOOKED_AT, ids=lambda page: page.opts.model_name)
def test_it_only_looks(staff, rows, page):
    path = path_of(page)
    answer = staff.get(path)
    assert answer.status_code == 200
    assert staff.get(f"{path}add/").status_code == 403
    row = page.model.objects.first()
    if row is None:
        return
    one = staff.get(f"{path}{row.pk}/change/")
    assert one.status_code == 200
    assert 'type="submit"' not in one.text.partition("logout-form")[2].partition("</form>")[2]
    assert not [name for name in SECRETS if re.search(rf'field-{name}[" ]', one.text)]
    assert "of-the-hook" not in one.text
    assert staff.post(f"{path}{row.pk}/change/", {}).status_code == 403
    assert staff.post(f"{path}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert staff.post(path, {"action": "delete_selected", "_selected_action": row.pk}).status_code in (
        302,
        200,
    )
    assert page.model.objects.filter(pk=row.pk).exists()


def found(staff, model, text) -> list[int]:
    answer = staff.get(f"/admin/ingest/{model}/", {"q": text})
    assert answer.status_code == 200
    return [row.pk for row in answer.context["cl"].result_list]


def test_an_event_is_found_by_its_ids(staff, rows):
    first = RawGitHubEvent.objects.get(number=7, event_type="pull_request")
    of_commit = RawGitHubEvent.objects.get(event_type="commit")
    assert found(staff, "rawgithubevent", str(first.pk)) == [first.pk]
    assert found(staff, "rawgithubevent", first.delivery_id) == [first.pk]
    assert found(staff, "rawgithubevent", sha_of("head 7").upper()) == [of_commit.pk]
    for nothing in ("pull", "9" * 40, "acme", "²"):
        assert found(staff, "rawgithubevent", nothing) == []
    stream = Stream.objects.get(number=7)
    assert found(staff, "stream", f"{REPOSITORY_ID}#7") == [stream.pk]


def test_beyond_a_bound_nothing_is_counted_and_no_body_is_read(staff, rows, monkeypatch):
    monkeypatch.setattr(looking, "COUNTED", 2)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = staff.get("/admin/ingest/rawgithubevent/")
    assert answer.context["cl"].paginator.count == 2
    asked = [q["sql"] for q in seen.captured_queries if "ingest_rawgithubevent" in q["sql"]]
    counts = [sql for sql in asked if "COUNT(" in sql.upper()]
    assert all("LIMIT 2" in sql for sql in counts), counts
    assert not [sql for sql in asked if re.search(r'"packed"', sql)]
