"""What GitHub lends for a sign-in is nowhere afterwards: no table, session, page, log or report has it."""

import logging
import sys
from io import StringIO

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from allauth.socialaccount.providers.oauth2 import provider
from django.contrib.sessions.models import Session
from django.core.signals import got_request_exception
from django.test import Client
from django.views.debug import ExceptionReporter

from apps.integrations.sign_in.tests import conftest
from apps.integrations.sign_in.tests.conftest import link, sign_in, to_github
from apps.integrations.tests.signing_in import press
from apps.users.factories import UserFactory
from ingest.standin.oauth import OAuth, challenge_of
from tests.processed import dump
from tformance.logs import logging_config

pytestmark = pytest.mark.django_db

offered = conftest.offered  # the fixture

# Neither has the form of a real one: what masks those by their form must not be what hides them here.
TOKEN, CODE, SECRET = "canary-sign-in-token-8be1", "canary-sign-in-code-", "canary-sign-in-secret-03cc"
CANARIES = (TOKEN, CODE, SECRET)
VERIFIER = "canary-verifier-" + "8" * 43


class Boom(Exception):
    """A mistake of ours, in the middle."""


@pytest.fixture(autouse=True)
def planted(offered, settings, standin, monkeypatch):
    settings.SIGN_UP = "open"
    settings.SIGN_IN_GITHUB_CLIENT_SECRET = SECRET
    standin.oauth.register("sign-in", SECRET)
    pkce = {
        "code_verifier": VERIFIER,
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    monkeypatch.setattr(provider, "generate_code_challenge", pkce.copy)
    monkeypatch.setattr(OAuth, "_new", lambda self, kind: {"code": CODE, "token": TOKEN}[kind])


@pytest.fixture
def logs(caplog):
    """Everything that any library logs: as the records are, and as this project writes them."""
    caplog.set_level(logging.DEBUG)
    config = logging_config("DEBUG")["formatters"]["structured"]
    handler = logging.StreamHandler(written := StringIO())
    handler.setFormatter(config.pop("()")(**config))
    logging.getLogger().addHandler(handler)
    yield (
        lambda: written.getvalue() + "".join(f"{one.getMessage()} {one.__dict__!r}" for one in caplog.records)
    )
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def reports():
    """Of each exception that reaches Django, as developers see it."""
    found = []

    def report(sender, request, **kwargs):
        reporter = ExceptionReporter(request, *sys.exc_info())
        found.extend([reporter.get_traceback_html(), reporter.get_traceback_text()])

    got_request_exception.connect(report)
    yield found
    got_request_exception.disconnect(report)


def canaries_in(text):
    return [canary for canary in CANARIES if canary in str(text)]


def everything_stored():
    """All rows of all tables, and what the sessions hold."""
    return repr([dump(), [session.get_decoded() for session in Session.objects.all()]])


@pytest.mark.parametrize("debug", [False, True])
def test_nothing_has_it(client, settings, standin, logs, reports, debug):
    settings.DEBUG = debug
    other = Client()
    other.force_login(UserFactory())
    sign_in(client)
    pages = [client.get("/account/").text]
    pages += [sign_in(Client()).headers["Location"], link(other).text]
    standin.behaviour.emails = ()
    SocialAccount.objects.all().delete()
    pages.append(sign_in(Client()).text)
    assert "GitHub told no e-mail address" in pages[-1]
    pages.append(sign_in(Client(), "cancel").text)
    assert not SocialToken.objects.exists()
    assert canaries_in("".join(pages)) == []
    assert canaries_in(everything_stored()) == []
    assert canaries_in(logs()) == []
    assert reports == []
    # Else this found nothing for the wrong reason.
    assert f"gho_{TOKEN}" in {asked.token for asked in standin.requests.all}
    assert "GET /sign-in/github/callback/?code=" in logs()


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "place",
    [
        "apps.integrations.services.github_oauth._value",
        "apps.integrations.sign_in.github.owner",
        "apps.integrations.sign_in.github.verified_addresses",
        "apps.integrations.sign_in.rules.find_or_begin",
        "allauth.socialaccount.models.SocialLogin.save",
    ],
    ids=lambda place: place.rpartition(".")[2],
)
def test_a_mistake_of_ours_in_the_middle(settings, logs, reports, monkeypatch, place, debug):
    settings.DEBUG = debug
    client = Client(raise_request_exception=False)
    back = press(to_github(client))

    def fail(*arguments, **options):
        raise Boom

    monkeypatch.setattr(place, fail)
    answer = client.get(back)
    assert answer.status_code == 500
    assert any("Boom" in report for report in reports)
    assert [canaries_in(report) for report in reports] == [[]] * len(reports)
    # It is of no use any more. While DEBUG is on nothing masks what stands in allauth's frames.
    assert debug or VERIFIER not in "".join(reports)
    assert canaries_in(answer.text) == []
    assert canaries_in(logs()) == []
    assert canaries_in(everything_stored()) == []


def test_not_even_with_allauth_s_switch_on(client, settings):
    settings.SOCIALACCOUNT_STORE_TOKENS = True
    sign_in(client)
    assert canaries_in(everything_stored()) == []
