from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from urllib.parse import parse_qs

import pytest

from ingest.standin import Standin, World
from ingest.standin.hooks import Hook

from .client import ask, get, pages
from .conftest import Clock
from .receiver import Receiver, receiving

HOOKS = "/repos/acme/rocket/hooks"
CONFIG = {"url": "https://example.com/webhooks/github/key/", "content_type": "json", "secret": "s3cret"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def hook(standin: Standin, world: World, receiver: Receiver) -> Hook:
    return standin.hooks.add(world, receiver.url, "s3cret")


def test_a_hook_is_made_changed_and_deleted(standin: Standin) -> None:
    made = ask("POST", standin.url + HOOKS, {"config": CONFIG, "events": ["pull_request"]})
    assert made.status == 201
    assert made.json["config"]["secret"] == "********"
    place = f"{standin.url}{HOOKS}/{made.json['id']}"
    assert made.json["last_response"]["status"] == "unused"
    found = get(place).json
    assert found | {"last_response": made.json["last_response"]} == made.json
    assert get(standin.url, HOOKS).json == [found]
    changed = ask("PATCH", place, {"add_events": ["repository"], "active": False})
    assert (changed.status, changed.json["events"], changed.json["active"]) == (
        200,
        ["pull_request", "repository"],
        False,
    )
    assert ask("DELETE", place).status == 204
    assert get(place).status == 404


def test_a_new_hook_is_sent_a_ping(standin: Standin, receiver: Receiver) -> None:
    config = CONFIG | {"url": receiver.url}
    made = ask("POST", standin.url + HOOKS, {"config": config, "events": ["*"]}).json
    (ping,) = receiver.got
    assert ping.headers["x-github-event"] == "ping"
    assert json.loads(ping.body)["hook_id"] == made["id"]
    assert get(standin.url, f"{HOOKS}/{made['id']}").json["last_response"]["code"] == 202


def test_the_id_of_a_deleted_hook_is_not_given_again(standin: Standin, world: World) -> None:
    first = standin.hooks.add(world, "https://example.com/1/")
    second = standin.hooks.add(world, "https://example.com/2/")
    standin.hooks.remove(first)
    assert standin.hooks.add(world, "https://example.com/3/").id not in (first.id, second.id)


def test_an_archived_repository_takes_no_hook(standin: Standin, world: World) -> None:
    world.repository = replace(world.repository, archived=True)
    refused = ask("POST", standin.url + HOOKS, {"config": CONFIG})
    assert (refused.status, refused.json["message"]) == (403, "Repository was archived so is read-only.")
    assert get(standin.url, HOOKS).json == []


def test_an_address_is_taken_once_on_each_repository(standin: Standin) -> None:
    given = {"config": CONFIG}
    assert ask("POST", standin.url + HOOKS, given).status == 201
    again = ask("POST", standin.url + HOOKS, given)
    assert (again.status, again.json["errors"][0]["message"]) == (
        422,
        "Hook already exists on this repository",
    )
    other = ask("POST", standin.url + HOOKS, {"config": CONFIG | {"url": "https://example.com/other/"}})
    assert other.status == 201
    assert ask("PATCH", f"{standin.url}{HOOKS}/{other.json['id']}", given).status == 422
    assert ask("POST", standin.url + HOOKS, {"config": {}}).status == 422


@pytest.mark.parametrize("status", [403, 404])
def test_only_administrators_see_hooks(standin: Standin, hook: Hook, status: int) -> None:
    standin.behaviour.hooks_refused = status
    for path in ("", f"/{hook.id}", f"/{hook.id}/deliveries"):
        assert get(standin.url, HOOKS + path).status == status
    assert ask("POST", standin.url + HOOKS, {"config": CONFIG}).status == status
    assert get(standin.url, "/repos/acme/rocket/pulls").status == 200
    assert get(standin.url, HOOKS, token=None).status == 401


def test_deliveries_arrive_signed_and_are_listed(
    standin: Standin, world: World, hook: Hook, receiver: Receiver
) -> None:
    sent = world.deliveries(1)
    attempts = standin.hooks.send(hook, sent)
    assert receiver.ids == [delivery.id for delivery in sent]
    for request, delivery in zip(receiver.got, sent, strict=True):
        assert request.body == delivery.body
        digest = hmac.new(b"s3cret", delivery.body, sha256).hexdigest()
        assert request.headers["x-hub-signature-256"] == f"sha256={digest}"
        assert request.headers["x-github-hook-id"] == str(hook.id)
    rows = get(standin.url, f"{HOOKS}/{hook.id}/deliveries").json
    assert [row["id"] for row in rows] == [attempt.id for attempt in attempts][::-1]
    assert {(row["status"], row["status_code"], row["redelivery"]) for row in rows} == {("OK", 202, False)}
    one = get(standin.url, f"{HOOKS}/{hook.id}/deliveries/{rows[-1]['id']}").json
    assert one["request"]["payload"] == json.loads(sent[0].body)
    assert one["response"]["payload"] == '{"message": "stored"}'


def test_a_hook_gets_what_it_is_for(standin: Standin, world: World, receiver: Receiver) -> None:
    number = world.named["dismissed"]
    hook = standin.hooks.add(world, receiver.url, events=["pull_request_review"], content_type="form")
    standin.hooks.send(hook, world.deliveries(number))
    assert {request.headers["x-github-event"] for request in receiver.got} == {"pull_request_review"}
    (payload,) = parse_qs(receiver.got[0].body.decode())["payload"]
    assert json.loads(payload)["pull_request"]["number"] == number


def test_what_happens_is_told_to_the_hooks_of_the_repository_once(
    standin: Standin, world: World, hook: Hook, receiver: Receiver
) -> None:
    elsewhere = World.generate(repository="elsewhere", pulls=1, now=world.now)
    standin.worlds.append(elsewhere)
    number = world.named["draft"]
    standin.happen(world, number, lambda: world.retitle(number, "Renamed"))
    standin.happen(elsewhere, 1, lambda: elsewhere.touch(1))
    [attempt] = standin.hooks.kept(hook)
    told = json.loads(attempt.delivery.body)
    assert (told["action"], told["pull_request"]["title"]) == ("edited", "Renamed")


def test_the_list_goes_on_by_cursor_whatever_arrives_meanwhile(
    standin: Standin, world: World, hook: Hook
) -> None:
    attempts = standin.hooks.send(hook, [d for number in range(1, 9) for d in world.deliveries(number)])
    first = get(standin.url, f"{HOOKS}/{hook.id}/deliveries?per_page=7")
    assert "last" not in first.links
    standin.hooks.send(hook, world.deliveries(9))
    found = [first, *pages(first.links["next"], "")]
    assert [row["id"] for page in found for row in page.json] == [a.id for a in attempts][::-1]
    assert get(standin.url, f"{HOOKS}/{hook.id}/deliveries?cursor=nonsense").status == 400


def test_lost_ones(standin: Standin, world: World, hook: Hook, receiver: Receiver) -> None:
    standin.behaviour.lose_failed = standin.behaviour.lose_swallowed = standin.behaviour.lose_unrecorded = 0.2
    sent = [d for number in range(1, 30) for d in world.deliveries(number)]
    attempts = standin.hooks.send(hook, sent)
    codes = Counter(attempt.outcome.status_code for attempt in attempts)
    assert codes[202] == len(receiver.got) == len(set(receiver.ids))
    assert codes[502] > 10 < codes[200]
    assert len(sent) - len(attempts) > 10


def test_a_redelivery_is_a_new_row_of_the_same_guid(
    standin: Standin, world: World, hook: Hook, receiver: Receiver
) -> None:
    receiver.status = 503
    (first,) = standin.hooks.send(hook, world.deliveries(1)[:1])
    receiver.status = 202
    deliveries = f"{HOOKS}/{hook.id}/deliveries"
    assert ask("POST", f"{standin.url}{deliveries}/{first.id}/attempts").status == 202
    new, old = get(standin.url, deliveries).json
    assert new["guid"] == old["guid"] == first.delivery.id
    assert [(row["redelivery"], row["status_code"]) for row in (new, old)] == [(True, 202), (False, 503)]


def test_after_three_days_they_are_gone(standin: Standin, world: World, hook: Hook, clock: Clock) -> None:
    (old,) = standin.hooks.send(hook, world.deliveries(1)[:1])
    clock.forward(3 * 24 * 3600 + 1)
    standin.hooks.send(hook, world.deliveries(2)[:1])
    assert len(get(standin.url, f"{HOOKS}/{hook.id}/deliveries").json) == 1
    assert get(standin.url, f"{HOOKS}/{hook.id}/deliveries/{old.id}").status == 404


def test_a_ping(standin: Standin, hook: Hook, receiver: Receiver) -> None:
    assert ask("POST", f"{standin.url}{HOOKS}/{hook.id}/pings").status == 204
    (ping,) = receiver.got
    assert ping.headers["x-github-event"] == "ping"
    assert json.loads(ping.body)["hook_id"] == hook.id


def test_nothing_is_sent_to_another_machine(standin: Standin, world: World) -> None:
    hook = standin.hooks.add(world, "http://example.com/")
    (attempt,) = standin.hooks.send(hook, world.deliveries(1)[:1])
    assert (attempt.outcome.status, attempt.outcome.status_code) == ("failed to connect", 502)
