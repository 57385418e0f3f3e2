"""The endpoints as GitHub's clients see them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection

import pytest

from ingest.standin import Standin, World, running
from ingest.standin.facts import User

from .client import get, pages
from .conftest import NOW, Clock

PULLS = "/repos/acme/rocket/pulls"
DETAIL_ONLY = {
    "merged", "merged_by", "additions", "deletions", "changed_files", "commits", "comments",
    "review_comments", "mergeable", "mergeable_state", "rebaseable", "maintainer_can_modify",
}  # fmt: skip


def numbers(got: object) -> list[int]:
    assert isinstance(got, list)
    return [item["number"] for item in got]


def test_the_list_lacks_what_only_the_detail_has(standin: Standin) -> None:
    item = get(standin.url, PULLS + "?state=all").json[0]
    detail = get(standin.url, f"{PULLS}/{item['number']}").json
    assert detail.keys() - item.keys() == DETAIL_ONLY
    assert {key: detail[key] for key in item} == item


def test_pages_hold_everything_once(standin: Standin) -> None:
    got = pages(standin.url, PULLS + "?state=all&sort=created&direction=asc&per_page=100")
    assert [len(page.json) for page in got] == [100, 100, 40]
    assert [number for page in got for number in numbers(page.json)] == list(range(1, 241))


def test_links_as_github_writes_them(standin: Standin) -> None:
    first = get(standin.url, PULLS + "?state=all&per_page=100")
    assert list(first.links) == ["next", "last"]
    place = f"{standin.url}/repositories/{standin.world.repository.id}/pulls?state=all&per_page=100&page="
    assert first.links == {"next": place + "2", "last": place + "3"}
    second = get(first.links["next"])
    assert second.links == {
        n: place + p for n, p in (("prev", "1"), ("next", "3"), ("last", "3"), ("first", "1"))
    }
    assert list(get(second.links["next"]).links) == ["prev", "first"]
    assert "link" not in get(standin.url, PULLS + "/1/reviews").headers


def test_page_sizes(standin: Standin) -> None:
    assert len(get(standin.url, PULLS + "?state=all").json) == 30
    assert len(get(standin.url, PULLS + "?state=all&per_page=1000").json) == 100
    assert get(standin.url, PULLS + "?state=all&page=99").json == []


def test_states(standin: Standin) -> None:
    count = {
        state: sum(len(page.json) for page in pages(standin.url, f"{PULLS}?state={state}&per_page=100"))
        for state in ("open", "closed", "all")
    }
    assert count["open"] + count["closed"] == count["all"] == 240
    assert all(item["state"] == "open" for item in get(standin.url, PULLS).json)


def test_default_directions_depend_on_the_order(standin: Standin) -> None:
    by_creation = numbers(get(standin.url, PULLS + "?state=all").json)
    assert by_creation == sorted(by_creation, reverse=True)
    updated = [item["updated_at"] for item in get(standin.url, PULLS + "?state=all&sort=updated").json]
    assert updated == sorted(updated)
    newest = get(standin.url, PULLS + "?state=all&sort=updated&direction=desc").json
    assert newest[0]["updated_at"] == max(item["updated_at"] for item in newest)


def test_both_addresses_of_a_repository(standin: Standin, world: World) -> None:
    by_id = f"/repositories/{world.repository.id}"
    for rest in ("", "/pulls", "/pulls/5", "/pulls/5/reviews", "/pulls/5/commits"):
        assert get(standin.url, by_id + rest).json == get(standin.url, "/repos/ACME/Rocket" + rest).json


def test_commits_stop_at_250(standin: Standin, world: World) -> None:
    number = world.named["many_commits"]
    got = pages(standin.url, f"{PULLS}/{number}/commits?per_page=100")
    assert [len(page.json) for page in got] == [100, 100, 50]
    assert get(standin.url, f"{PULLS}/{number}").json["commits"] > 250


def test_a_pending_review_is_shown_to_its_author_only(standin: Standin, world: World) -> None:
    number = world.named["pending_review"]
    world.review(number, "PENDING", by=world.people.members[3])
    states = [(r["state"], r["user"]["login"]) for r in get(standin.url, f"{PULLS}/{number}/reviews").json]
    pending = [login for state, login in states if state == "PENDING"]
    assert pending == [world.people.viewer.login]


def test_people_and_organizations(standin: Standin, world: World) -> None:
    assert get(standin.url, "/user").json["login"] == world.people.viewer.login
    assert [org["login"] for org in get(standin.url, "/user/orgs").json] == ["acme"]
    assert get(standin.url, "/orgs/acme").json["id"] == world.people.organization.id
    assert [repo["name"] for repo in get(standin.url, "/orgs/acme/repos").json] == ["rocket"]
    members = pages(standin.url, "/orgs/acme/members?per_page=5")
    assert [member["login"] for page in members for member in page.json] == [
        member.login for member in world.people.members
    ]


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/repos/acme/other", PULLS + "/9999", "/orgs/other", "/repositories/1", "/repos/acme"],
)
def test_not_found(standin: Standin, path: str) -> None:
    got = get(standin.url, path)
    assert got.status == 404
    assert got.json["message"] == "Not Found"


def test_headers_of_each_answer(standin: Standin) -> None:
    headers = get(standin.url, PULLS, X_GitHub_Api_Version="2022-11-28").headers
    assert parsedate_to_datetime(headers["date"]) == NOW
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-github-api-version-selected"] == "2022-11-28"
    assert headers["x-oauth-scopes"] == "read:org, repo"
    assert headers["x-github-request-id"]


def test_not_modified_is_free_and_bound_to_the_token(standin: Standin, world: World) -> None:
    first = get(standin.url, PULLS)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    again = get(standin.url, PULLS, If_None_Match=tag)
    assert (again.status, again.body) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"] == "1"
    assert get(standin.url, PULLS, token="another", If_None_Match=tag).status == 200
    world.touch(world.numbers()[0])
    assert get(standin.url, PULLS, If_None_Match=tag).status == 200


def test_credentials(standin: Standin) -> None:
    standin.behaviour.tokens = {"t0ken"}
    assert get(standin.url, "/user").status == 200
    assert get(standin.url, "/user", token=None, Authorization="token t0ken").status == 200
    wrong = get(standin.url, "/user", token="other")
    assert (wrong.status, wrong.json["message"]) == (401, "Bad credentials")
    assert get(standin.url, "/user", token=None, Authorization="Basic eDp5").status == 401
    assert get(standin.url, "/user", token=None).json["message"] == "Requires authentication"
    assert "x-oauth-scopes" not in wrong.headers


def test_a_request_must_name_its_user_agent(standin: Standin) -> None:
    got = get(standin.url, "/user", User_Agent="")
    assert got.status == 403
    assert b"User-Agent" in got.body


def test_a_private_repository_is_not_found_without_a_token(clock: Clock) -> None:
    with running(World.generate(pulls=3, now=NOW, private=True), clock=clock) as standin:
        assert get(standin.url, PULLS, token=None).status == 404
        assert get(standin.url, PULLS).status == 200


def test_a_public_repository_without_a_token(standin: Standin) -> None:
    got = get(standin.url, PULLS, token=None)
    assert (got.status, got.headers["x-ratelimit-limit"]) == (200, "60")


def test_a_renamed_repository(standin: Standin, world: World) -> None:
    world.rename("rocket-two")
    got = get(standin.url, PULLS + "/5?x=1")
    location = f"{standin.url}/repositories/{world.repository.id}/pulls/5?x=1"
    assert (got.status, got.headers["location"], got.json["url"]) == (301, location, location)
    assert get(location).json["base"]["repo"]["full_name"] == "acme/rocket-two"
    assert get(standin.url, "/repos/acme/rocket-two").status == 200


def test_an_old_name_taken_by_a_different_repository(world: World, clock: Clock) -> None:
    usurper = World.generate(seed=8, pulls=3, now=NOW)
    former = world.repository.id
    world.rename("rocket-two")
    with running(world, usurper, clock=clock) as standin:
        assert get(standin.url, "/repos/acme/rocket").json["id"] == usurper.repository.id != former
        assert get(standin.url, "/repos/acme/rocket-two").json["id"] == former


def test_one_connection_serves_many_requests(standin: Standin) -> None:
    connection = HTTPConnection(standin.url.removeprefix("http://"), timeout=10)
    for _ in range(3):
        connection.request("GET", "/user", headers={"User-Agent": "tests", "Authorization": "Bearer t"})
        assert json.loads(connection.getresponse().read())["login"]
    connection.close()


def test_the_server_is_gone_after_the_block(world: World) -> None:
    with running(world) as standin:
        connection = HTTPConnection(standin.url.removeprefix("http://"), timeout=10)
        connection.request("GET", "/user", headers={"User-Agent": "tests"})
        connection.getresponse().read()
    with pytest.raises(OSError):  # noqa: PT011 - refused, reset or closed
        get(standin.url, "/user")
    assert connection.sock.recv(1) == b""  # the kept-alive connection was ended too
    connection.close()


def test_the_system_clock_is_the_default(world: World) -> None:
    with running(world) as standin:
        date = parsedate_to_datetime(get(standin.url, "/user").headers["date"])
    assert abs((datetime.now(UTC) - date).total_seconds()) < 60


def test_requests_are_counted_by_endpoint_and_status(standin: Standin) -> None:
    get(standin.url, PULLS)
    get(standin.url, PULLS + "/5")
    get(standin.url, PULLS + "/9999")
    assert standin.requests.count("pull") == 2
    assert standin.requests.count("pull", 404) == 1
    assert standin.requests.by_status[200] == 2
    assert [asked.path for asked in standin.requests.all] == [PULLS, PULLS + "/5", PULLS + "/9999"]
    report = get(standin.url, "/_standin/requests", token=None).json
    assert report == {
        "total": 3,
        "endpoints": {"pull": {"200": 1, "404": 1}, "pulls": {"200": 1}},
        "busiest_minute": {"core": 3, "graphql": 0},
        "most_at_once": 1,
    }


def test_the_viewer_is_a_member(world: World) -> None:
    assert isinstance(world.people.viewer, User)
    assert world.people.viewer in world.people.members
