from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any
from uuid import UUID

from ingest.standin import World
from ingest.standin.deliveries import sent_at
from ingest.standin.shapes import pull_request, review

# Facts of their own that deliveries state otherwise than REST does.
UNSETTLED = {"head", "base", "mergeable", "rebaseable", "mergeable_state"}


def facts(shape: dict[str, Any], keys: Any) -> dict[str, Any]:
    settled = {key: shape[key] for key in keys if key not in UNSETTLED}
    return {**settled, "head": shape["head"]["sha"], "base": shape["base"]["sha"]}


def test_the_last_delivery_says_what_rest_says(world: World) -> None:
    for number in world.outlines:
        shape = pull_request.full(world.pull(number), world.repository)
        told = json.loads(world.deliveries(number)[-1].body)["pull_request"]
        assert facts(told, told) == facts(shape, told), number


def test_the_last_delivery_of_a_review_says_what_rest_says(world: World) -> None:
    for case in ("dismissed", "author_commented", "bot_reviewed", "same_second"):
        number = world.named[case]
        pull = world.pull(number)
        told = {}
        for delivery in world.deliveries(number):
            if delivery.event == "pull_request_review":
                body = json.loads(delivery.body)["review"]
                told[body["id"]] = body
        for item in pull.reviews:
            shape = review.review(item, pull, world.repository)
            expected = {**shape, "state": shape["state"].lower(), "body": shape["body"] or None}
            assert told[item.id] == expected


def test_review_deliveries_carry_the_simple_shape(world: World) -> None:
    for delivery in world.deliveries(world.named["dismissed"]):
        pull = json.loads(delivery.body)["pull_request"]
        assert ("additions" in pull) == (delivery.event == "pull_request")
        assert ("merged" in pull) == (delivery.event == "pull_request")


def test_ids_are_version_1_and_hold_the_order(world: World) -> None:
    for number in world.outlines:
        deliveries = world.deliveries(number)
        assert all(UUID(delivery.id).version == 1 for delivery in deliveries)
        times = [sent_at(delivery) for delivery in deliveries]
        assert times == sorted(set(times))
        updated = [json.loads(delivery.body)["pull_request"]["updated_at"] for delivery in deliveries]
        assert updated == sorted(updated)


def test_every_delivery_has_its_own_id(world: World) -> None:
    deliveries = world.all_deliveries()
    assert len({delivery.id for delivery in deliveries}) == len(deliveries) > 1000


def test_all_deliveries_are_in_order(world: World) -> None:
    world.rename("rocket-two")
    world.touch(7)
    deliveries = world.all_deliveries()
    times = [sent_at(delivery) for delivery in deliveries]
    assert times == sorted(times)
    assert [delivery.event for delivery in deliveries[-2:]] == ["repository", "pull_request"]


def test_what_was_sent_does_not_change_later(world: World) -> None:
    number = world.named["pending_review"]
    before = world.deliveries(number)
    world.push(number)
    world.rename("rocket-two")
    world.merge(number)
    after = world.deliveries(number)
    assert after[: len(before)] == before
    assert [delivery.action for delivery in after[len(before) :]] == ["synchronize", "closed"]
    pushed = [json.loads(delivery.body)["repository"]["pushed_at"] for delivery in after[-2:]]
    assert pushed == [json.loads(delivery.body)["pull_request"]["updated_at"] for delivery in after[-2:]]
    names = [json.loads(delivery.body)["repository"]["name"] for delivery in after[-2:]]
    assert names == ["rocket", "rocket-two"]


def test_nobody_is_told_of_a_pending_review(world: World) -> None:
    sent = world.deliveries(world.named["pending_review"])
    assert not any(b'"state":"pending"' in delivery.body for delivery in sent)


def test_a_push_names_the_commits_before_and_after(world: World) -> None:
    deliveries = world.deliveries(world.named["force_pushed"])
    pushed = next(json.loads(d.body) for d in deliveries if d.action == "synchronize")
    opened = json.loads(deliveries[0].body)
    assert pushed["before"] == opened["pull_request"]["head"]["sha"]
    assert pushed["after"] == pushed["pull_request"]["head"]["sha"]


def test_headers_and_signature(world: World) -> None:
    delivery = world.deliveries(1, secret="s3cret")[0]
    assert delivery.headers["X-GitHub-Event"] == delivery.event == "pull_request"
    assert delivery.headers["X-GitHub-Delivery"] == delivery.id
    digest = hmac.new(b"s3cret", delivery.body, sha256).hexdigest()
    assert delivery.headers["X-Hub-Signature-256"] == f"sha256={digest}"
    assert "X-Hub-Signature-256" not in world.deliveries(1)[0].headers


def test_rename_and_ping(world: World) -> None:
    world.rename("rocket-two")
    (renamed,) = world.repository_deliveries()
    body = json.loads(renamed.body)
    assert body["changes"] == {"repository": {"name": {"from": "rocket"}}}
    assert body["repository"]["full_name"] == "acme/rocket-two"
    ping = world.ping("http://127.0.0.1/webhooks/github/key/")
    assert (ping.event, ping.action) == ("ping", None)
    assert json.loads(ping.body)["hook"]["config"]["url"] == "http://127.0.0.1/webhooks/github/key/"
