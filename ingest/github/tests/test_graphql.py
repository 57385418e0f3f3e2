"""Queries: what is sent, and what an answer of status 200 may be."""

import json
from datetime import timedelta

import pytest

from ingest.github import errors
from ingest.github.graphql import graphql_url
from ingest.github.tests.conftest import NOW
from ingest.github.tests.server import Reply, message, serving

QUERY = 'query($n: Int!) { repository(owner: "o", name: "r") { pullRequest(number: $n) { title } } }'
DATA = b'{"data":{"repository":{"pullRequest":{"title":"\\ud800 \xc3\xa9"}}}}'


def said(*problems, data=None, **headers):
    body = json.dumps({"data": data, "errors": list(problems)}).encode()
    return Reply(body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def ask(make_client, *replies, **options):
    with serving({"/graphql": list(replies)}) as server:
        client = make_client(server.url, **options)
        try:
            return client.graphql(QUERY, {"n": 1}), server.asked
        except errors.GitHubError as error:
            return error, server.asked


def test_query_and_variables_are_posted_with_the_token(make_client):
    answer, asked = ask(make_client, Reply(body=DATA, headers={"X-RateLimit-Resource": "graphql"}))

    assert answer.body == DATA
    assert answer.status == 200
    assert asked[0].method == "POST"
    assert json.loads(asked[0].body) == {"query": QUERY, "variables": {"n": 1}}
    assert asked[0].headers["Authorization"] == "Bearer ghp_example"
    assert asked[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://api.octocorp.ghe.com/", "https://api.octocorp.ghe.com/graphql"),
        ("https://github.example.com/api/v3/", "https://github.example.com/api/graphql"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/graphql"),
    ],
)
def test_address_for_queries(base_url, url):
    assert graphql_url(base_url) == url


def test_data_with_errors_is_an_answer(make_client):
    reply = said(
        {"type": "NOT_FOUND", "path": ["repository", "b"], "message": "Could not resolve"},
        data={"repository": {"a": {"title": "t"}, "b": None}},
    )
    answer, asked = ask(make_client, reply)

    assert answer.json()["errors"][0]["path"] == ["repository", "b"]
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        ({"type": "NOT_FOUND", "path": ["repository"]}, errors.NotFoundOrNoPermission),
        ({"type": "FORBIDDEN", "extensions": {"saml_failure": True}}, errors.Forbidden),
        ({"type": "INSUFFICIENT_SCOPES"}, errors.Forbidden),
        ({"type": "MAX_NODE_LIMIT_EXCEEDED"}, errors.QueryTooLarge),
        ({"type": "RESOURCE_LIMITS_EXCEEDED"}, errors.QueryTooLarge),
        ({"message": "Something went wrong. This may be the result of a timeout."}, errors.QueryTooLarge),
        ({"extensions": {"code": "undefinedField"}}, errors.UnexpectedAnswer),
        ("no object", errors.UnexpectedAnswer),
    ],
)
@pytest.mark.parametrize("data", [None, {"repository": None}, {"repository": None, "rateLimit": {"cost": 1}}])
def test_errors_without_data_are_raised_at_once(make_client, problem, kind, data):
    error, asked = ask(make_client, said(problem, data=data))

    assert type(error) is kind
    assert len(asked) == 1


@pytest.mark.parametrize("kind", ["RATE_LIMITED", "RATE_LIMIT"])
@pytest.mark.parametrize("data", [None, {"repository": {}}])
def test_limit_in_a_200_lasts_until_the_reset(make_client, kind, data):
    date = "Sun, 01 Mar 2026 12:00:00 GMT"
    reset = str(int((NOW + timedelta(minutes=20)).timestamp()))
    headers = {"Date": date, "X_RateLimit_Limit": "5000", "X_RateLimit_Reset": reset}
    error, asked = ask(make_client, said({"type": kind}, data=data, X_RateLimit_Remaining="0", **headers))

    assert isinstance(error, errors.RateLimited)
    assert not error.secondary
    assert error.reset_at == NOW + timedelta(minutes=20, seconds=1)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (said({"type": "RATE_LIMITED"}, X_RateLimit_Remaining="7", X_RateLimit_Limit="5000"), 60),
        (said({"message": "You have exceeded a secondary rate limit."}, Retry_After="30"), 30),
        (said({"message": "You have exceeded a secondary rate limit."}), 60),
        (Reply(403, body=message("You have exceeded a secondary rate limit.")), 60),
    ],
)
def test_secondary_limit_of_queries(make_client, reply, wait):
    error, _ = ask(make_client, reply)

    assert isinstance(error, errors.RateLimited)
    assert (error.secondary, error.repeats) == (True, 1)
    assert error.reset_at == NOW + timedelta(seconds=wait)


@pytest.mark.parametrize("status", [502, 504])
def test_query_that_took_too_long_is_not_repeated(make_client, naps, status):
    error, asked = ask(make_client, Reply(status, body=b"<html>"))

    assert isinstance(error, errors.QueryTooLarge)
    assert not error.transient
    assert (len(asked), naps) == (1, [])


@pytest.mark.parametrize(
    "trouble", [Reply(500), Reply(503), Reply(hang_up=True), Reply(body=DATA, content_length=999)]
)
def test_what_may_pass_is_asked_again(make_client, naps, trouble):
    answer, asked = ask(make_client, trouble, Reply(body=DATA))

    assert answer.body == DATA
    assert (len(asked), len(naps)) == (2, 1)


def test_401(make_client):
    error, asked = ask(make_client, Reply(401, body=message("Bad credentials")))

    assert isinstance(error, errors.CredentialRevoked)
    assert len(asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_queries_are_not_redirected(make_client, status):
    with serving({"/graphql": [Reply(body=DATA)]}) as stranger:
        error, asked = ask(make_client, Reply(status, headers={"Location": f"{stranger.url}/graphql"}))

    assert type(error) is errors.UnexpectedAnswer
    assert len(asked) == 1
    assert stranger.asked == []


@pytest.mark.parametrize("body", [b"{}", b"[]", b"1", b'{"data":null}', b'{"data":[]}'])
def test_json_that_is_no_answer_to_a_query(make_client, body):
    error, _ = ask(make_client, Reply(body=body))

    assert type(error) is errors.UnexpectedAnswer
