"""Renamed and moved repositories: followed, and the token stays at home."""

import pytest

from ingest.github.errors import UnexpectedAnswer
from ingest.github.tests.server import Reply, serving


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_within_the_api_is_followed_with_the_token(make_client, status):
    with serving({"/repositories/1": [Reply(body=b'{"id": 1}')]}) as server:
        server.script["/repos/old/name"] = [
            Reply(status, headers={"Location": f"{server.url}/repositories/1"})
        ]
        answer = make_client(server.url).get("/repos/old/name", etag='"abc"')

    assert answer.body == b'{"id": 1}'
    assert answer.url == f"{server.url}/repositories/1"
    assert server.asked[1].headers["Authorization"] == "Bearer ghp_example"
    assert server.asked[1].headers["If-None-Match"] == '"abc"'


def test_token_is_not_sent_to_another_port(make_client):
    with serving({}) as server, serving({"/elsewhere": [Reply()]}) as stranger:
        server.script["/user"] = [Reply(302, headers={"Location": f"{stranger.url}/elsewhere"})]
        make_client(server.url).get("/user")

    assert "Authorization" not in stranger.asked[0].headers


def test_token_is_not_sent_to_another_host(make_client):
    with serving({"/elsewhere": [Reply()]}) as server:
        location = server.url.replace("127.0.0.1", "localhost") + "/elsewhere"
        server.script["/user"] = [Reply(302, headers={"Location": location})]
        make_client(server.url).get("/user")

    assert "Authorization" in server.asked[0].headers
    assert "Authorization" not in server.asked[1].headers


def test_token_is_not_sent_without_tls_where_the_api_has_it(make_client, responses):
    responses.get(
        "https://api.github.com/user", status=301, headers={"Location": "http://api.github.com/user"}
    )
    responses.get("http://api.github.com/user", json={})
    make_client("https://api.github.com").get("/user")

    assert "Authorization" in responses.calls[0].request.headers
    assert "Authorization" not in responses.calls[1].request.headers


def test_login_in_netrc_is_not_sent_to_another_host(make_client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving({}) as server, serving({"/elsewhere": [Reply()]}) as stranger:
        server.script["/user"] = [Reply(302, headers={"Location": f"{stranger.url}/elsewhere"})]
        client = make_client(server.url)
        client._session.trust_env = True
        client.get("/user")

    assert "Authorization" not in stranger.asked[0].headers


def test_query_is_kept_where_the_new_address_has_none(make_client):
    with serving({"/repositories/1/pulls?state=all": [Reply()]}) as server:
        server.script["/repos/o/r/pulls?state=all"] = [
            Reply(301, headers={"Location": "/repositories/1/pulls"})
        ]
        make_client(server.url).get("/repos/o/r/pulls", {"state": "all"})

    assert server.asked[1].path == "/repositories/1/pulls?state=all"


@pytest.mark.parametrize(("hops", "ok"), [(5, True), (6, False)])
def test_at_most_five_redirects(make_client, hops, ok):
    script = {f"/{n}": [Reply(302, headers={"Location": f"/{n + 1}"})] for n in range(hops)}
    with serving({**script, f"/{hops}": [Reply()]}) as server:
        client = make_client(server.url)
        if ok:
            assert client.get("/0").status == 200
        else:
            with pytest.raises(UnexpectedAnswer, match="more than 5 times"):
                client.get("/0")


@pytest.mark.parametrize("location", [None, "ftp://example.com/", "http://[/", "http://h:port/"])
def test_redirect_to_nowhere(make_client, location):
    headers = {} if location is None else {"Location": location}
    with serving({"/user": [Reply(301, headers=headers)]}) as server, pytest.raises(UnexpectedAnswer):
        make_client(server.url).get("/user")

    assert len(server.asked) == 1
