"""The token goes into one header, and into nothing that anybody reads."""

import json
import logging
import signal
import socket
import threading
import traceback

import pytest

from ingest.github import errors
from ingest.github.bearer import Bearer
from ingest.github.tests.server import Reply, message, serving

CANARY = "ghp_canary0123456789"


def canary() -> str:
    return CANARY


def everything_readable(error: BaseException) -> str:
    """All that a log, a report with local variables or a person could show of an error."""
    frames = error.__traceback__
    while frames is not None and "/tests/" in frames.tb_frame.f_code.co_filename:
        frames = frames.tb_next
    report = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    return "".join(report.format()) + str(error) + repr(error) + repr(vars(error)) + repr(error.args)


@pytest.fixture(autouse=True)
def all_log_records(caplog):
    """Every library's log, at its most talkative."""
    caplog.set_level(logging.DEBUG)
    return caplog


def logged(caplog):
    return "\n".join(
        f"{record.getMessage()} {record.args!r} {record.exc_text} {record.exc_info}"
        for record in caplog.records
    )


REPLIES = [
    Reply(401, body=message(f"Bad credentials {CANARY}")),
    Reply(403, body=message(f"No access for {CANARY}")),
    Reply(403, headers={"Retry-After": "60"}, body=message(CANARY)),
    Reply(404, body=message(CANARY)),
    Reply(409, body=message(CANARY)),
    Reply(422, body=message(CANARY)),
    Reply(451, body=message(CANARY)),
    Reply(502, body=CANARY.encode()),
    Reply(200, body=CANARY.encode()),
    Reply(200, headers={"Content-Type": "text/html"}, body=CANARY.encode()),
    Reply(301, headers={"Location": ""}),
    Reply(hang_up=True),
    Reply(content_length=999),
]


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: f"{reply.status}-{list(reply.headers)}")
def test_no_error_shows_the_token(make_client, caplog, reply):
    with serving({"/user": [reply]}) as server, pytest.raises(errors.GitHubError) as caught:
        make_client(server.url, canary).get("/user")

    assert server.asked[0].headers["Authorization"] == f"Bearer {CANARY}"
    assert CANARY not in everything_readable(caught.value)
    assert CANARY not in logged(caplog)


def test_no_error_of_a_query_shows_the_token(make_client, caplog):
    errors_of_types = [
        {"type": kind, "message": CANARY} for kind in ("RATE_LIMITED", "FORBIDDEN", "NOT_FOUND")
    ]
    replies = [json.dumps({"errors": [error]}).encode() for error in [*errors_of_types, {"message": CANARY}]]
    with serving({"/graphql": [Reply(body=body) for body in replies] + REPLIES}) as server:
        client = make_client(server.url, canary)
        for _ in range(len(replies) + len(REPLIES)):
            with pytest.raises(errors.GitHubError) as caught:
                client.graphql("{ viewer { login } }")
            assert CANARY not in everything_readable(caught.value)

    assert {asked.headers["Authorization"] for asked in server.asked} == {f"Bearer {CANARY}"}
    assert CANARY not in logged(caplog)


def test_unreachable_does_not_show_the_token(make_client, caplog):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(errors.Unreachable) as caught:
            make_client(f"http://127.0.0.1:{unused.getsockname()[1]}", canary).get("/user")

    assert CANARY not in everything_readable(caught.value)
    assert CANARY not in logged(caplog)


def test_forbidden_masks_the_token_in_github_s_words(make_client):
    reply = Reply(403, body=message(f"No access for {CANARY}."))
    with serving({"/user": [reply]}) as server, pytest.raises(errors.Forbidden) as caught:
        make_client(server.url, canary).get("/user")

    assert caught.value.message == "No access for ***."


class TimeIsUp(BaseException):
    pass


def test_interruption_in_the_middle_of_a_request_does_not_show_the_token(make_client):
    """As Celery's time limit or Ctrl-C do: an exception out of the depths of the HTTP library."""

    def interrupt(signum, frame):
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, interrupt)
    released = threading.Event()
    try:
        with serving({"/user": [Reply(wait_for=released)]}) as server:
            client = make_client(server.url, canary)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(TimeIsUp) as caught:
                client.get("/user")
            released.set()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    shown = everything_readable(caught.value)
    assert "urllib3" in shown
    assert CANARY not in shown


def test_answer_does_not_show_the_token_or_the_body(make_client, caplog):
    with serving({}) as server:
        server.script["/old"] = [Reply(301, headers={"Location": f"{server.url}/user?access_token={CANARY}"})]
        server.script[f"/user?access_token={CANARY}"] = [Reply(body=b'{"private": "text"}')]
        client = make_client(server.url, canary)
        answer = client.get("/old")

    assert answer.url == f"{server.url}/user?access_token=***"
    assert CANARY not in repr(answer)
    assert "private" not in repr(answer)
    assert CANARY not in repr(client)
    assert CANARY not in repr(vars(client))


def test_what_carries_the_token_does_not_show_it():
    assert CANARY not in repr(vars(Bearer(canary)))


@pytest.mark.parametrize("token", ["", " ", "ghp_canary\n", "ghp_canary two", "ghp_canar\u00fd", "\x00"])
def test_what_cannot_be_a_token_is_refused_without_quoting_it(make_client, token):
    def stored():
        return token

    with (
        serving({"/user": [Reply(body=b"{}")]}) as server,
        pytest.raises(errors.CredentialRevoked) as caught,
    ):
        make_client(server.url, stored).get("/user")

    assert server.asked == []
    assert "canar" not in str(caught.value) + json.dumps(caught.value.args)


def test_server_s_headers_reach_no_error(make_client):
    with (
        serving({"/user": [Reply(404, headers={"X-Echo": CANARY})]}) as server,
        pytest.raises(errors.NotFoundOrNoPermission) as caught,
    ):
        make_client(server.url, canary).get("/user")

    assert CANARY not in everything_readable(caught.value)
