"""GitHub's client as the settings and the team want it."""

import pytest
import responses

from apps.integrations.factories import IntegrationCredentialFactory
from apps.integrations.services.encryption import encrypt
from apps.integrations.services.github_client import client_for
from apps.integrations.services.github_oauth import (
    GITHUB_API_BASE_URL,
    GITHUB_API_VERSION,
    _make_github_api_request,
    _make_paginated_github_api_request,
    _parse_next_link,
)
from ingest.github.errors import CredentialRevoked, RateLimited, UnexpectedAnswer


@responses.activate
def test_request_gives_the_value():
    responses.get(
        f"{GITHUB_API_BASE_URL}/user?a=1",
        json={"id": 1},
        match=[
            responses.matchers.header_matcher(
                {"Authorization": "Bearer gho_example", "X-GitHub-Api-Version": GITHUB_API_VERSION}
            )
        ],
    )

    assert _make_github_api_request("gho_example", "/user", {"a": 1}) == {"id": 1}


@responses.activate
def test_request_raises_what_the_client_raises():
    responses.get(f"{GITHUB_API_BASE_URL}/user", status=401, json={"message": "Bad credentials"})

    with pytest.raises(CredentialRevoked):
        _make_github_api_request("gho_example", "/user")


@responses.activate
def test_paginated_request_gives_the_items_of_all_pages():
    second = f"{GITHUB_API_BASE_URL}/organizations/1/repos?page=2"
    responses.get(
        f"{GITHUB_API_BASE_URL}/orgs/o/repos?per_page=100&type=all",
        json=[1, 2],
        headers={"Link": f'<{second}>; rel="next"'},
    )
    responses.get(second, json=[3])

    assert _make_paginated_github_api_request("gho_example", "/orgs/o/repos", {"type": "all"}) == [1, 2, 3]


@responses.activate
def test_page_that_is_no_list():
    responses.get(f"{GITHUB_API_BASE_URL}/orgs/o/repos", json={"message": "?"})

    with pytest.raises(UnexpectedAnswer, match="other than a list"):
        _make_paginated_github_api_request("gho_example", "/orgs/o/repos")


def test_next_link():
    assert (
        _parse_next_link('<https://api.github.com/x?page=2>; rel="next"') == "https://api.github.com/x?page=2"
    )
    assert _parse_next_link(None) is None


@pytest.mark.django_db
@responses.activate
def test_client_of_a_team_asks_at_the_set_address(settings):
    settings.GITHUB_API_URL = "https://github.example.com/api/v3"
    responses.get(
        "https://github.example.com/api/v3/user",
        json={},
        match=[responses.matchers.header_matcher({"Authorization": "Bearer gho_team"})],
    )
    with client_for(IntegrationCredentialFactory(access_token=encrypt("gho_team"))) as client:
        assert client.get("/user").status == 200


@pytest.mark.django_db
@responses.activate
def test_secondary_waits_go_on(settings):
    responses.get("https://api.github.com/user", status=429, json={})
    with (
        client_for(IntegrationCredentialFactory(), secondary_repeats=3) as client,
        pytest.raises(RateLimited) as caught,
    ):
        client.get("/user")

    assert caught.value.repeats == 4
