"""Deliveries from GitHub: verified, stored, answered 202; never lost, never taken from a stranger."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.integrations import webhooks
from apps.integrations.factories import GitHubIntegrationFactory, TrackedRepositoryFactory
from apps.integrations.models import GitHubIntegration, RefusedDelivery
from apps.integrations.services.github_webhooks import endpoint_of, sign
from apps.metrics.models import PullRequest
from apps.teams.models import Team
from ingest.live import hints
from ingest.live.pending import work_off
from ingest.models import ParkedEvent, RawGitHubEvent, Stream
from ingest.replay.processing import process
from tests import payloads

pytestmark = pytest.mark.django_db

SECRET = "s3cret"
BODY = payloads.as_bytes(payloads.delivery(payloads.merged(), "closed"))


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """How often a worker was told to look."""
    told: list[None] = []
    monkeypatch.setattr(hints, "look_soon", lambda: told.append(None))
    return told


def connected(secret: str = SECRET, hook_id: int | None = None) -> Team:
    integration = GitHubIntegrationFactory.create(webhook_secret=secret)
    repo_id = payloads.REPOSITORY_ID
    TrackedRepositoryFactory.create(integration=integration, github_repo_id=repo_id, webhook_id=hook_id)
    team: Team = integration.team
    return team


def send(
    body: bytes = BODY, *, team: Team | None = None, secret: str = SECRET, url: str = "", **headers: str
) -> HttpResponse:
    """A delivery as GitHub sends it, to the team's own address or the common one; "-" leaves a header out."""
    if not url:
        url = f"/webhooks/github/{endpoint_of(team).key}/" if team else "/webhooks/github/"
    sent = {
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": payloads.delivery_id(payloads.moment(hours=1)),
        "X-Hub-Signature-256": sign(secret, body),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    kind = sent.pop("Content-Type", "application/json")
    answer: Any = Client().post(
        url, body, content_type=kind, headers={k: v for k, v in sent.items() if v != "-"}
    )
    found: HttpResponse = answer
    return found


def stored(team: Team) -> int:
    return RawGitHubEvent.for_team(team).count()


def test_a_signed_delivery_is_stored_as_it_came_and_processed_elsewhere(looks: list[None]) -> None:
    team = connected()
    answer = send(team=team)
    assert answer.status_code == 202
    event = RawGitHubEvent.for_team(team).get()
    assert (event.body, event.source, event.event_type, event.action) == (
        BODY,
        "webhook",
        "pull_request",
        "closed",
    )
    assert event.headers["X-Hub-Signature-256"] == sign(SECRET, BODY)
    assert (Stream.for_team(team).get().pending, PullRequest.objects.count()) == (1, 0)
    assert len(looks) == 1
    work_off()
    assert PullRequest.for_team(team).get().state == "merged"


def test_the_same_delivery_again_adds_nothing(looks: list[None]) -> None:
    team = connected()
    send(team=team)
    answer = send(team=team)
    assert (answer.status_code, json.loads(answer.content)) == (202, {"message": "known"})
    assert stored(team) == 1
    assert len(looks) == 1, "nobody need look again"


def test_form_encoded_deliveries_are_signed_over_their_raw_bytes() -> None:
    team = connected()
    form = b"payload=" + quote_plus(BODY).encode()
    answer = send(form, team=team, Content_Type="application/x-www-form-urlencoded")
    assert answer.status_code == 202
    event = RawGitHubEvent.for_team(team).get()
    assert (event.body, event.payload) == (form, json.loads(BODY))
    assert event.number == 7
    work_off()
    assert PullRequest.for_team(team).get().state == "merged"


@pytest.mark.parametrize("signature", ["-", "", "sha256=", "sha256=00", "sha1=00", "sha256=é", "\x7f"])
def test_a_bad_or_missing_signature_stores_nothing_and_is_counted(signature: str) -> None:
    team = connected()
    assert send(team=team, X_Hub_Signature_256=signature).status_code == 403
    assert RawGitHubEvent.objects.count() == 0
    assert RefusedDelivery.objects.get().count == 1
    send(team=team, X_Hub_Signature_256=signature)
    assert (RefusedDelivery.objects.get().reason, RefusedDelivery.objects.get().count) == ("signature", 2)


def test_a_changed_byte_breaks_the_signature() -> None:
    team = connected()
    assert send(BODY + b" ", team=team, X_Hub_Signature_256=sign(SECRET, BODY)).status_code == 403


def test_an_integration_without_a_secret_takes_nothing() -> None:
    team = connected(secret="")
    assert send(team=team, secret="").status_code == 403
    assert RawGitHubEvent.objects.count() == 0


@pytest.mark.parametrize("key", ["nobodys", "%00", "%ff", "k" * 5000])
def test_an_unknown_key_is_refused(key: str) -> None:
    connected()
    assert send(url=f"/webhooks/github/{key}/").status_code == 403
    assert RefusedDelivery.objects.get().reason == "no team"


def test_the_key_of_one_team_is_closed_to_the_secret_of_another() -> None:
    ours, others = connected("ours"), connected("theirs")
    assert send(team=ours, secret="theirs").status_code == 403
    assert (stored(ours), stored(others)) == (0, 0)


def test_two_secrets_are_valid_while_one_is_changed() -> None:
    team = connected("new")
    integration = GitHubIntegration.for_team(team).get()
    integration.previous_webhook_secret = "old"
    integration.save()
    assert send(team=team, secret="old").status_code == 202
    assert (
        send(
            BODY + b"\n", team=team, secret="new", X_GitHub_Delivery=payloads.delivery_id(node="2")
        ).status_code
        == 202
    )
    assert stored(team) == 2


def test_the_common_address_finds_the_team_by_the_hooks_id() -> None:
    ours, others = connected(hook_id=1), connected(hook_id=2)
    assert send(X_GitHub_Hook_ID="2").status_code == 202
    assert (stored(ours), stored(others)) == (0, 1)


def test_the_common_address_finds_teams_by_the_repository_and_the_signature_decides() -> None:
    ours, others = connected("ours"), connected("theirs")
    assert send(secret="theirs").status_code == 202
    assert (stored(ours), stored(others)) == (0, 1)


def test_where_several_secrets_fit_each_team_gets_the_event() -> None:
    """GitHub gives two hooks that receive one event the same delivery id (github/docs#32822)."""
    ours, others = connected(), connected()
    assert send().status_code == 202
    assert (stored(ours), stored(others)) == (1, 1)


def test_two_teams_get_the_same_delivery_at_their_own_addresses() -> None:
    ours, others = connected("ours"), connected("theirs")
    assert send(team=ours, secret="ours").status_code == 202
    assert send(team=others, secret="theirs").status_code == 202
    assert (stored(ours), stored(others)) == (1, 1)


def test_an_unreadable_body_at_the_common_address_belongs_to_nobody() -> None:
    connected()
    assert send(b"{", X_GitHub_Hook_ID="-").status_code == 403
    assert RawGitHubEvent.objects.count() == 0


def test_what_can_not_be_read_but_is_signed_is_stored_and_parked() -> None:
    team = connected()
    assert send(b'{"pull_request":', team=team).status_code == 202
    assert stored(team) == 1
    work_off()
    assert ParkedEvent.for_team(team).get().message.startswith("the body is no JSON")


def test_half_a_surrogate_pair_in_place_of_an_object_is_stored() -> None:
    team = connected()
    assert send(rb'{"repository": "\ud800", "pull_request": {"number": 7}}', team=team).status_code == 202
    assert RawGitHubEvent.for_team(team).get().number == 7


@pytest.mark.parametrize(
    "headers",
    [
        {"X_GitHub_Event": "-"},
        {"X_GitHub_Event": "e" * 101},
        {"X_GitHub_Delivery": "-"},
        {"X_GitHub_Delivery": "d" * 201},
    ],
)
def test_what_is_no_delivery_of_githubs_is_a_bad_request(headers: dict[str, str]) -> None:
    team = connected()
    assert send(BODY, team=team, **headers).status_code == 400
    assert stored(team) == 0


def test_a_larger_one_is_refused_before_it_is_read() -> None:
    team = connected()

    class Unread(bytes):
        def read(self, *args: int) -> bytes:
            raise AssertionError("read")

    key = endpoint_of(team).key
    answer = Client().generic(
        "POST", f"/webhooks/github/{key}/", b"x", headers={}, CONTENT_LENGTH=str(25 * 2**20 + 1)
    )
    assert answer.status_code == 413


def test_a_delivery_of_25_mb_is_taken() -> None:
    team = connected()
    body = b'{"zen": "' + b"a" * (25 * 2**20 - 11) + b'"}'
    assert len(body) == 25 * 2**20
    assert send(body, team=team, X_GitHub_Event="made_up").status_code == 202
    assert RawGitHubEvent.for_team(team).get().body == body


def test_with_the_database_down_github_sees_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    team = connected()

    def down(*args: Any) -> None:
        raise OperationalError("no")

    monkeypatch.setattr(webhooks, "append_delivery", down)
    answer = send(team=team)
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")


def test_other_methods_are_refused() -> None:
    for url in (reverse("integrations:deliveries"), "/webhooks/github/key/"):
        assert Client().get(url).status_code == 405


def test_types_without_a_processor_are_stored_and_wake_nobody(looks: list[None]) -> None:
    team = connected()
    assert send(team=team, X_GitHub_Event="star").status_code == 202
    assert (stored(team), looks) == (1, [])


def test_a_stream_that_is_applied_already_is_passed_over() -> None:
    team = connected()
    send(team=team)
    assert work_off().streams == 1
    assert work_off().streams == 0
    key = (team.pk, payloads.REPOSITORY_ID, 7)
    assert process([key], pending_only=True).streams == 0
