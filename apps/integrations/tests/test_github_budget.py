"""Which requests share a budget, and what it is."""

import pytest
import responses

from apps.integrations.factories import IntegrationCredentialFactory
from apps.integrations.models import IntegrationCredential
from apps.integrations.services.credentials import credential_from_environment, token_source
from apps.integrations.services.encryption import encrypt
from apps.integrations.services.github_client import (
    account_key,
    client_for,
    client_for_page,
    client_with,
    pace,
)
from apps.teams.factories import TeamFactory
from ingest.github.errors import QuotaReserved
from ingest.models import Budget

pytestmark = pytest.mark.django_db

API = "https://api.github.com"


def key_of(credential):
    return account_key(credential, token_source(credential))()


def credential_of(token="gho_example", user=None):
    return IntegrationCredentialFactory(access_token=encrypt(token), github_user_id=user)


def test_one_person_has_one_budget_whatever_token_and_team():
    assert key_of(credential_of("gho_one", 7)) == key_of(credential_of("gho_two", 7))
    assert key_of(credential_of("gho_one", 7)) != key_of(credential_of("gho_one", 8))


def test_without_a_person_the_token_tells_and_is_not_told():
    assert key_of(credential_of("gho_one")) == key_of(credential_of("gho_one"))
    assert key_of(credential_of("gho_one")) != key_of(credential_of("gho_two"))
    assert "gho_one" not in key_of(credential_of("gho_one"))


def test_the_token_of_the_environment_is_one_for_all_teams(settings):
    settings.GITHUB_TOKEN = "ghp_first"
    one, other = (credential_from_environment(TeamFactory()) for _ in range(2))
    # Whose it was once says nothing of today's.
    IntegrationCredential.objects.filter(pk=one.pk).update(github_user_id=7)
    one.refresh_from_db()
    before = key_of(one)
    assert before == key_of(other)

    settings.GITHUB_TOKEN = "ghp_second"
    assert key_of(one) != before


@pytest.mark.parametrize(
    ("address", "given", "rest", "graphql"),
    [
        (API, None, 13.8, 30.7),
        ("https://github.example.com/api/v3", None, None, None),
        ("https://github.example.com/api/v3", 5.0, 4.6, 4.6),
        (API, 5.0, 4.6, 4.6),
    ],
)
def test_pace_is_github_s_or_the_one_that_is_set(settings, address, given, rest, graphql):
    settings.GITHUB_API_URL = address
    settings.GITHUB_REQUESTS_PER_SECOND = given

    assert pace() == pytest.approx(rest, abs=0.1)
    assert pace("graphql") == pytest.approx(graphql, abs=0.1)


@responses.activate
def test_requests_of_all_teams_of_a_person_are_paced_together(settings):
    settings.GITHUB_REQUESTS_PER_SECOND = 0.1
    responses.get(f"{API}/user", json={})
    slept = []
    with client_for(credential_of(user=7), sleep=slept.append) as client:
        client.get("/user")
    with client_for(credential_of(user=8), sleep=slept.append) as client:
        client.get("/user")
    assert slept == []
    with client_for(credential_of(user=7), sleep=slept.append) as client:
        client.get("/user")
    assert slept == [pytest.approx(12.6, abs=0.5)]


@responses.activate
def test_a_reserve_is_left_and_people_may_take_of_it(settings):
    settings.GITHUB_RESERVE_PERCENT = 20
    credential = credential_of()
    headers = {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "1000",
        "X-RateLimit-Reset": "4102444800",
    }
    responses.get(f"{API}/user", json={}, headers=headers)
    with client_for(credential) as client:
        client.get("/user")
        with pytest.raises(QuotaReserved):
            client.get("/user")
    token = token_source(credential)
    with client_for_page(token, credential) as page, client_for_page(token) as unknown:
        page.get("/user")
        unknown.get("/user")
    with client_with(token) as terminal:
        terminal.get("/user")

    assert Budget.objects.count() == 1
    assert Budget.objects.get().remaining == 1000
