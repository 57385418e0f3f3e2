import pytest
from django.core.cache import cache

from apps.integrations.tests import conftest
from apps.integrations.tests.signing_in import press
from apps.teams.factories import MembershipFactory

world, standin = conftest.world, conftest.standin

ALICE = "amara-osei@example.com"


@pytest.fixture(autouse=True)
def offered(settings, standin):
    cache.clear()
    standin.oauth.register("sign-in", "sign-in-secret", "http://127.0.0.1:8000/sign-in/github/callback/")
    settings.GITHUB_WEB_URL = standin.url
    settings.SIGN_IN_GITHUB_CLIENT_ID, settings.SIGN_IN_GITHUB_CLIENT_SECRET = "sign-in", "sign-in-secret"


@pytest.fixture
def alice():
    """With the address of the stand-in's person, not confirmed."""
    return MembershipFactory(team__slug="ours", user__email=ALICE).user


def to_github(client, path="/sign-in/github/", **form):
    answer = client.post(path, form)
    assert answer.status_code == 302, answer.text
    return answer.url


def sign_in(client, decision="authorize", **form):
    """The whole way; the answer to coming back."""
    return client.get(press(to_github(client, **form), decision))


def link(client):
    """For who is signed in; the account page."""
    return client.get(press(to_github(client, "/account/github/")), follow=True)
