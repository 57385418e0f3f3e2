from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from ingest.standin import Standin, World, running

from .client import get, pages
from .conftest import NOW, Clock

VIEWER = "amara-osei"


def world(owner: str, name: str, *, private: bool = False) -> World:
    return World.generate(owner=owner, repository=name, pulls=1, now=NOW, private=private)


@pytest.fixture
def standin(clock: Clock) -> Iterator[Standin]:
    secret = world("acme", "secret", private=True)
    with running(world("acme", "rocket"), secret, world(VIEWER, "notes", private=True), clock=clock) as found:
        yield found


def names(standin: Standin, path: str) -> list[str]:
    return [item["full_name"] for page in pages(standin.url, path) for item in page.json]


def test_what_a_token_may_see_by_affiliation(standin: Standin) -> None:
    assert names(standin, "/user/repos?per_page=2") == ["acme/rocket", "acme/secret", "amara-osei/notes"]
    assert names(standin, "/user/repos?affiliation=owner") == ["amara-osei/notes"]
    assert get(standin.url, "/user/repos", token=None).status == 401


def test_another_s_list_shows_what_is_public(standin: Standin) -> None:
    assert names(standin, "/users/acme/repos") == ["acme/rocket"]
    assert names(standin, f"/users/{VIEWER}/repos") == []


def test_what_may_be_done_and_what_is_archived(standin: Standin) -> None:
    rocket = standin.world
    rocket.repository = replace(rocket.repository, archived=True, can_admin=False, language=None)
    (found,) = get(standin.url, "/users/acme/repos").json
    assert (found["archived"], found["permissions"]["admin"], found["language"]) == (True, False, None)
    assert get(standin.url, "/repos/acme/rocket/hooks").status == 404


def test_what_a_world_is_told_of_its_repository_is_shown() -> None:
    archived = World.generate(pulls=1, now=NOW, archived=True, language="Go", can_admin=False)
    with running() as standin:
        standin.worlds.append(archived)
        [shown] = get(standin.url, "/user/repos").json
    assert (shown["archived"], shown["language"], shown["permissions"]["admin"]) == (True, "Go", False)
