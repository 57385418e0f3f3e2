"""Secrets, planted as canaries in the whole way of a connection: they are in nothing that anybody reads."""

import json
import logging
import sys
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from django.core.signals import got_request_exception
from django.test import Client
from django.views.debug import ExceptionReporter

from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services import github_oauth
from apps.integrations.services.connecting import oauth_state
from apps.integrations.tests.signing_in import HERE, back_with, connect, press, to_github
from apps.teams.factories import MembershipFactory
from ingest.models import RawGitHubEvent
from ingest.standin.oauth import OAuth
from ingest.tests.events_command import events
from tests import payloads
from tests.processed import dump, store
from tformance.logs import logging_config

pytestmark = pytest.mark.django_db

# None has the form of a real token: what masks those by their form must not be what hides them here.
OAUTH_TOKEN = "canary-oauth-token-5d2e"
TOKEN = "canary-entered-token-91b7"
APP_SECRET = "canary-app-secret-77aa"
CODE = "canary-code-30f1"
VERIFIER = "canary-verifier-" + "8" * 43
WEBHOOK_SECRET = "canary-webhook-secret-c4c4"
CANARIES = (OAUTH_TOKEN, TOKEN, APP_SECRET, CODE, VERIFIER, WEBHOOK_SECRET)


class Boom(Exception):
    """A mistake of ours, in the middle."""


@pytest.fixture(autouse=True)
def app(settings, standin, monkeypatch):
    settings.GITHUB_WEB_URL = standin.url
    settings.GITHUB_CLIENT_ID, settings.GITHUB_CLIENT_SECRET = "standin", APP_SECRET
    settings.GITHUB_TOKEN = ""
    standin.oauth.register("standin", APP_SECRET)
    monkeypatch.setattr(
        OAuth, "_new", lambda self, kind: {"code": CODE.ljust(20), "token": OAUTH_TOKEN}[kind]
    )
    monkeypatch.setattr(oauth_state, "_verifier", lambda nonce: oauth_state.Unprinted(VERIFIER))


@pytest.fixture
def client():
    admin = MembershipFactory(team__slug="ours", role="admin")
    client = Client(raise_request_exception=False)
    client.force_login(admin.user)
    return client


@pytest.fixture
def reports():
    """Of each exception that reaches Django: its page for developers and its text for e-mails."""
    found = []

    def report(sender, request, **kwargs):
        for is_email in (False, True):
            reporter = ExceptionReporter(request, *sys.exc_info(), is_email=is_email)
            found.append(reporter.get_traceback_html())
            found.append(reporter.get_traceback_text())

    got_request_exception.connect(report)
    yield found
    got_request_exception.disconnect(report)


@pytest.fixture
def logs(caplog):
    """Everything that any library logs: as the records are, and as this project writes them."""
    caplog.set_level(logging.DEBUG)
    config = logging_config("DEBUG")["formatters"]["structured"]
    formatter = config.pop("()")(**config)
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    yield (
        lambda: (
            written.getvalue()
            + "\n".join(f"{record.getMessage()} {record.__dict__!r}" for record in caplog.records)
        )
    )
    logging.getLogger().removeHandler(handler)


def canaries_in(text):
    return [canary for canary in CANARIES if canary in str(text)]


def everything_stored():
    """All rows but the two that hold secrets, encrypted."""
    return repr(dump())


@pytest.mark.parametrize("debug", [False, True])
def test_the_ordinary_way(client, settings, logs, reports, standin, debug):
    settings.DEBUG = debug
    pages = [connect(client).text]
    GitHubIntegration.objects.update(webhook_secret=WEBHOOK_SECRET)
    pages += [client.get(HERE + path).text for path in ("", "token/", "organization/")]
    pages.append(client.post(HERE + "test/", follow=True).text)
    pages.append(client.post(HERE + "token/", {"token": TOKEN}, follow=True).text)
    standin.behaviour.tokens = set()
    pages.append(client.post(HERE + "token/", {"token": TOKEN}).text)
    pages.append(client.post(HERE + "test/", follow=True).text)
    assert "needs reconnecting" in pages[-1]
    pages.append(client.post(HERE + "disconnect/", follow=True).text)
    assert canaries_in("".join(pages)) == []
    assert canaries_in(logs()) == []
    assert reports == []
    assert canaries_in(everything_stored()) == []


def test_the_canaries_were_really_sent(client, standin, monkeypatch):
    """Otherwise the other tests would find nothing for the wrong reason."""
    sent = []
    exchange = OAuth.exchange

    def listen(self, app, code, verifier):
        sent.extend([code.strip(), verifier])
        return exchange(self, app, code, verifier)

    monkeypatch.setattr(OAuth, "exchange", listen)
    connect(client)
    client.post(HERE + "token/", {"token": TOKEN})
    assert sent == [CODE, VERIFIER]
    assert {asked.token for asked in standin.requests.all} >= {f"gho_{OAUTH_TOKEN}", TOKEN}


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "place",
    [
        "apps.integrations.services.connecting.accounts.owner",
        "apps.integrations.services.connecting.connecting.encrypt",
        "apps.integrations.services.connecting.connecting._settle_organization",
        "apps.integrations.services.connecting.connecting._look",
        "apps.integrations.services.github_oauth._value",
        "apps.integrations.services.github_oauth.requests.Session",
        "ingest.models.AuditLine.objects.create",
    ],
    ids=lambda place: place.rpartition(".")[2],
)
def test_a_mistake_of_ours_in_the_middle(client, settings, logs, reports, monkeypatch, place, debug):
    settings.DEBUG = debug
    back = press(to_github(client))

    def fail(*arguments, **options):
        raise Boom

    monkeypatch.setattr(place, fail)
    answers = [client.get(back), client.post(HERE + "token/", {"token": TOKEN})]
    assert 500 in {answer.status_code for answer in answers}
    assert reports
    assert any("Boom" in report for report in reports)
    assert [canaries_in(report) for report in reports] == [[]] * len(reports)
    assert canaries_in("".join(answer.text for answer in answers)) == []
    assert canaries_in(logs()) == []


@pytest.mark.parametrize("debug", [False, True])
def test_a_mistake_while_a_stored_token_is_used(client, settings, logs, reports, monkeypatch, debug):
    connect(client)
    settings.DEBUG = debug

    def fail(*arguments, **options):
        raise Boom

    monkeypatch.setattr(github_oauth, "_send", fail)
    answer = client.post(HERE + "disconnect/")
    assert answer.status_code == 500
    assert [canaries_in(report) for report in reports] == [[]] * len(reports)
    assert canaries_in(logs() + answer.text) == []


@responses.activate
@pytest.mark.parametrize("status", [200, 400, 500])
def test_github_repeats_what_it_was_sent(client, settings, logs, status):
    """In an error of the exchange, or in an answer that is none."""
    settings.GITHUB_WEB_URL = "https://github.example.com"
    body = json.dumps({"error": f"bad {CODE} {APP_SECRET}", "error_description": VERIFIER})
    responses.post("https://github.example.com/login/oauth/access_token", body=body, status=status)
    state = parse_qs(urlsplit(to_github(client)).query)["state"][0]
    page = client.get(back_with(code=CODE, state=state), follow=True)
    assert "alert" in page.text
    assert canaries_in(page.text + logs()) == []


def test_events_and_a_bundle(client, tmp_path):
    """What GitHub says of a connection is not stored; and a delivery's headers hold no secret."""
    connect(client)
    GitHubIntegration.objects.update(webhook_secret=WEBHOOK_SECRET)
    assert not RawGitHubEvent.objects.exists()
    integration = GitHubIntegration.objects.get()
    store(integration.team, payloads.delivered(payloads.delivery(payloads.pull_request())))
    events("export", "--team", "ours", "--output", tmp_path / "bundle.ndjson")
    bundle = (tmp_path / "bundle.ndjson").read_text()
    assert "pull_request" in bundle
    assert canaries_in(bundle) == []


def test_what_is_stored_is_ciphertext(client):
    connect(client)
    integration = GitHubIntegration.objects.get()
    integration.webhook_secret = WEBHOOK_SECRET
    integration.save()
    assert canaries_in(everything_stored()) == []
    credential = IntegrationCredential.objects.get()
    assert canaries_in(f"{credential!r} {credential} {integration!r} {vars(credential)}") == []
