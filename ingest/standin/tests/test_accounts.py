"""People and organizations, as different tokens see them."""

from __future__ import annotations

from dataclasses import replace

from ingest.standin import Standin, World, running

from .client import get, pages
from .conftest import NOW

FINE_GRAINED = "github_pat_example"


def logins(standin: Standin, path: str, token: str = "t0ken") -> list[str]:
    return [account["login"] for account in get(standin.url, path, token=token).json]


def test_a_person_by_login(standin: Standin, world: World) -> None:
    person = world.people.members[1]
    got = get(standin.url, f"/users/{person.login.upper()}").json
    assert (got["id"], got["name"]) == (person.id, person.name)
    assert get(standin.url, "/users/nobody-at-all").status == 404


def test_whose_token_it_is(standin: Standin, world: World) -> None:
    assert get(standin.url, "/user").json["login"] == world.people.viewer.login
    standin.behaviour.person = world.people.members[3].login
    assert get(standin.url, "/user").json["id"] == world.people.members[3].id


def test_organizations_of_a_person(world: World) -> None:
    with running(world, World.generate(owner="globex", pulls=3, now=NOW)) as standin:
        assert logins(standin, "/user/orgs") == ["acme", "globex"]
        standin.behaviour.organizations = ("globex",)
        assert logins(standin, "/user/orgs") == ["globex"]


def test_a_person_s_own_account_is_no_organization(standin: Standin, world: World) -> None:
    viewer = world.people.viewer.login
    with running(World.generate(owner=viewer, pulls=3, now=NOW)) as standin:
        assert logins(standin, "/user/orgs") == []
        assert get(standin.url, f"/orgs/{viewer}/members").status == 404


def test_a_fine_grained_token_tells_nothing_of_itself(standin: Standin) -> None:
    got = get(standin.url, "/user/orgs", token=FINE_GRAINED)
    assert got.json == []
    assert "x-oauth-scopes" not in got.headers


def test_members_come_in_pages(standin: Standin, world: World) -> None:
    found = pages(standin.url, "/orgs/acme/members?per_page=5")
    assert [len(page.json) for page in found] == [5, 5, 2]
    assert [m["id"] for page in found for m in page.json] == [m.id for m in world.people.members]


def test_without_the_scope_only_public_members_are_shown(standin: Standin, world: World) -> None:
    standin.behaviour.scopes = "repo"
    assert logins(standin, "/orgs/acme/members") == [m.login for m in world.people.public_members]


def test_who_is_no_member_is_sent_to_the_public_ones(standin: Standin, world: World) -> None:
    standin.behaviour.person = world.people.outsiders[0].login
    sent = get(standin.url, "/orgs/acme/members")
    assert sent.status == 302
    assert len(get(sent.headers["location"]).json) == len(world.people.public_members)


def test_who_leaves_is_not_listed(standin: Standin, world: World) -> None:
    world.people = replace(world.people, members=world.people.members[:-1])
    assert len(logins(standin, "/orgs/acme/members?per_page=100")) == len(world.people.members)
