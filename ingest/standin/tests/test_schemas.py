"""Every shape against GitHub's own description of it.

GitHub's description is not part of the project: TFORMANCE_PAYLOADS names a folder that has it under
`openapi/`.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ingest.standin import Standin, World
from ingest.standin.shapes import commit, hook, pull_request, repository, review, user

from .conftest import NOW

FOLDER = os.environ.get("TFORMANCE_PAYLOADS", "")

pytestmark = pytest.mark.skipif(
    not FOLDER, reason="TFORMANCE_PAYLOADS does not name a folder with GitHub's OpenAPI description"
)

# GitHub answers null here although its description does not say so.
NULL_IN_FACT = ("user", "head.user", "head.repo")


def nullable(schema: Any) -> Any:
    """OpenAPI 3.0 writes `nullable: true` where JSON Schema allows the type null."""
    if isinstance(schema, list):
        return [nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: nullable(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def allow_null(schema: dict[str, Any], path: str) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        schema = schema["properties"][parent]
    if last in schema.get("properties", {}):
        schema["properties"][last] = {"anyOf": [schema["properties"][last], {"type": "null"}]}


def allow_nulls_in_pulls(part: Any) -> None:
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        allow_nulls_in_pulls(inner)
    if isinstance(part, dict) and {"head", "base"} <= part.get("properties", {}).keys():
        for path in NULL_IN_FACT:
            allow_null(part, path)


@cache
def description(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(FOLDER) / "openapi" / name).read_text())
    document = nullable(document)
    allow_nulls_in_pulls(document)
    return document


def check(value: Any, schema: str, document: str = "api.github.com.trimmed.json") -> None:
    root = {**description(document), "$ref": f"#/components/schemas/{schema}"}
    errors = sorted(Draft202012Validator(root).iter_errors(value), key=lambda error: error.json_path)
    assert not errors, "\n".join(f"{error.json_path}: {error.message[:300]}" for error in errors)


def check_keys(value: dict[str, Any], schema: str) -> None:
    """No key that GitHub does not send."""
    known = description("api.github.com.trimmed.json")["components"]["schemas"][schema]["properties"]
    assert value.keys() <= known.keys()


@pytest.fixture(scope="module")
def everything() -> World:
    return World.generate(now=NOW)


def cases() -> list[str]:
    return sorted(World.generate(now=NOW).named)


@pytest.mark.parametrize("case", cases())
def test_rest(everything: World, case: str) -> None:
    number, place = everything.named[case], everything.repository
    pull = everything.pull(number)
    simple, full = pull_request.simple(pull, place), pull_request.full(pull, place)
    check(simple, "pull-request-simple")
    check_keys(simple, "pull-request-simple")
    check(full, "pull-request")
    check_keys(full, "pull-request")
    for item in pull.reviews:
        check(review.review(item, pull, place), "pull-request-review")
        check_keys(review.review(item, pull, place), "pull-request-review")
    for made in pull.commits[:5]:
        check(commit.commit(made, place), "commit")
        check_keys(commit.commit(made, place), "commit")


def test_rest_around_pull_requests(everything: World) -> None:
    people, place = everything.people, everything.repository
    for value, schema in (
        (repository.alone(place), "full-repository"),
        (repository.repository(place), "repository"),
        (repository.in_list(place), "minimal-repository"),
        (user.organization(people.organization), "organization-full"),
        (user.organization_simple(people.organization), "organization-simple"),
        (user.viewer(people.viewer), "public-user"),
    ):
        check(value, schema)
    for person in (*people.members, *people.bots):
        check(user.user(person), "simple-user")
        check_keys(user.user(person) or {}, "simple-user")


@pytest.mark.parametrize("case", cases())
def test_deliveries(everything: World, case: str) -> None:
    for delivery in everything.deliveries(everything.named[case]):
        schema = f"webhook-{delivery.event}-{delivery.action}".replace("_", "-")
        check(json.loads(delivery.body), schema, "webhooks.openapi.trimmed.json")


def test_deliveries_of_the_repository(world: World) -> None:
    world.rename("rocket-two")
    (renamed,) = world.repository_deliveries()
    check(json.loads(renamed.body), "webhook-repository-renamed", "webhooks.openapi.trimmed.json")
    check(json.loads(world.ping("http://127.0.0.1/").body), "webhook-ping", "webhooks.openapi.trimmed.json")


def test_hooks_and_their_deliveries(standin: Standin, world: World) -> None:
    made = standin.hooks.add(world, "http://127.0.0.1:1/", "s3cret")
    standin.behaviour.lose_swallowed = 0.5
    for attempt in standin.hooks.send(made, world.deliveries(world.named["dismissed"])):
        for value, schema in (
            (hook.delivery_item(attempt), "hook-delivery-item"),
            (hook.delivery(attempt), "hook-delivery"),
        ):
            check(value, schema)
            check_keys(value, schema)
    for last in (None, standin.hooks.last(made)):
        check(hook.hook(made, world.repository, last), "hook")
        check_keys(hook.hook(made, world.repository, last), "hook")
