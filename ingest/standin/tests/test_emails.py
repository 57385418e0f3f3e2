"""The addresses of the token's owner, as GitHub tells them to an app that people sign in with."""

from __future__ import annotations

import pytest

from ingest.standin import Standin, World

from .client import get


def test_the_primary_address_comes_first(standin: Standin, world: World) -> None:
    standin.behaviour.scopes = "user:email"
    login, number = world.people.viewer.login, world.people.viewer.id
    assert get(standin.url, "/user/emails").json == [
        {"email": f"{login}@example.com", "primary": True, "verified": True, "visibility": "private"},
        {
            "email": f"{number}+{login}@users.noreply.github.com",
            "primary": False,
            "verified": True,
            "visibility": None,
        },
    ]


def test_addresses_that_a_test_names(standin: Standin) -> None:
    standin.behaviour.scopes = "user"
    standin.behaviour.emails = (("a@example.com", False), ("b@example.com", True))
    told = [(row["email"], row["primary"], row["verified"]) for row in get(standin.url, "/user/emails").json]
    assert told == [("a@example.com", True, False), ("b@example.com", False, True)]


@pytest.mark.parametrize("scopes", ["", "read:org, repo", "read:user"])
def test_without_the_scope_there_is_nothing(standin: Standin, scopes: str) -> None:
    standin.behaviour.scopes = scopes
    assert get(standin.url, "/user/emails").status == 404


def test_nobody_has_none(standin: Standin) -> None:
    assert get(standin.url, "/user/emails", token=None).status == 401
