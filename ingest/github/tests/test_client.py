"""What is asked, and what an answer holds."""

import gzip
from datetime import UTC, datetime
from itertools import islice

import pytest

from ingest.github.errors import Truncated, UnexpectedAnswer
from ingest.github.tests.server import Reply, serving


def test_request_has_the_headers_that_github_asks_for(make_client):
    with serving({"/user": [Reply(body=b"{}")]}) as server:
        make_client(server.url, user_agent="tformance/1").get("/user")

    headers = server.asked[0].headers
    assert headers["Accept"] == "application/vnd.github+json"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert headers["User-Agent"] == "tformance/1"
    assert headers["Authorization"] == "Bearer ghp_example"
    assert "If-None-Match" not in headers


def test_token_is_asked_for_each_request(make_client):
    tokens = iter(["first", "second"])
    with serving({"/user": [Reply(body=b"{}")]}) as server:
        client = make_client(server.url, lambda: next(tokens))
        client.get("/user")
        client.get("/user")

    assert [asked.headers["Authorization"] for asked in server.asked] == ["Bearer first", "Bearer second"]


def test_login_in_netrc_does_not_replace_the_token(make_client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving({"/user": [Reply(body=b"{}")]}) as server:
        client = make_client(server.url)
        client._session.trust_env = True
        client.get("/user")

    assert server.asked[0].headers["Authorization"] == "Bearer ghp_example"


def test_proxy_of_the_environment_never_sees_a_loopback_request(make_client, monkeypatch):
    with serving({"/user": [Reply(body=b"{}")]}) as server, serving({}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        make_client(server.url).get("/user")

    assert proxy.asked == []


def test_connection_is_kept(make_client):
    with serving({"/user": [Reply(body=b"{}")]}) as server:
        client = make_client(server.url)
        client.get("/user")
        client.get("/user")

    assert server.asked[0].connection == server.asked[1].connection


def test_paths_go_below_the_api_address(make_client):
    with serving({"/api/v3/repos/o/r?state=all&page=2": [Reply()]}) as server:
        client = make_client(f"{server.url}/api/v3/")
        client.get("repos/o/r", {"state": "all", "page": 2})
        client.get("/repos/o/r?state=all", {"page": 2})
        client.get(f"{server.url}/api/v3/repos/o/r?state=all&page=2")

    assert len(server.asked) == 3


def test_answer_tells_its_facts(make_client):
    headers = {
        "ETag": 'W/"abc"',
        "X-GitHub-Request-Id": "1F2E:3D",
        "Link": '<https://api.github.com/repositories/1/pulls?page=2>; rel="next"',
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Remaining": "4990",
        "X-RateLimit-Used": "10",
        "X-RateLimit-Reset": "1767225600",
        "X-RateLimit-Resource": "core",
    }
    with serving({"/pulls": [Reply(headers=headers)]}) as server:
        answer = make_client(server.url).get("/pulls")

    assert answer.status == 200
    assert answer.url == f"{server.url}/pulls"
    assert answer.etag == 'W/"abc"'
    assert answer.request_id == "1F2E:3D"
    assert answer.next_url == "https://api.github.com/repositories/1/pulls?page=2"
    assert answer.rate is not None
    assert answer.rate.reset == datetime(2026, 1, 1, tzinfo=UTC)
    assert answer.date is not None
    assert abs((answer.date - datetime.now(UTC)).total_seconds()) < 60
    assert answer.headers["etag"] == 'W/"abc"'


def test_enterprise_server_without_limits(make_client):
    with serving({"/pulls": [Reply()]}) as server:
        assert make_client(server.url).get("/pulls").rate is None


def test_body_is_the_exact_bytes_before_they_were_packed(make_client):
    body = b'{"b" : 1.0,\n "a":"\\u0000 \\ud800 \xc3\xa9", "n": NaN}'
    packed = Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})
    with serving({"/user": [packed]}) as server:
        assert make_client(server.url).get("/user").body == body


def test_not_modified_is_an_answer(make_client):
    with serving({"/pulls": [Reply(status=304, body=b"", headers={"ETag": '"abc"'})]}) as server:
        answer = make_client(server.url).get("/pulls", etag='"abc"')

    assert (answer.status, answer.body) == (304, b"")
    assert server.asked[0].headers["If-None-Match"] == '"abc"'


def test_pages_follow_the_links(make_client):
    with serving({}) as server:
        second = f"{server.url}/repositories/1/pulls?page=2"
        server.script["/repos/o/r/pulls?per_page=100&state=all"] = [
            Reply(body=b"[1]", headers={"Link": f'<{second}>; rel="next", <{second}>; rel="last"'})
        ]
        server.script["/repositories/1/pulls?page=2"] = [
            Reply(body=b"[2]", headers={"Link": f'<{server.url}/first>; rel="prev"'})
        ]
        client = make_client(server.url)

        pages = list(client.pages("/repos/o/r/pulls", {"state": "all"}))
        rest = list(client.pages(pages[0].next_url))

    assert [page.body for page in pages] == [b"[1]", b"[2]"]
    assert [page.body for page in rest] == [b"[2]"]


def test_address_of_a_list(make_client):
    client = make_client("https://github.example.com/api/v3")
    second = "https://github.example.com/api/v3/repositories/1/pulls?page=2"

    assert client.list_url("repos/o/r/pulls", {"state": "all"}) == (
        "https://github.example.com/api/v3/repos/o/r/pulls?per_page=100&state=all"
    )
    assert client.list_url(second) == second


def test_fingerprint_tells_tokens_apart_and_does_not_tell_them(make_client):
    tokens = iter(["ghp_one", "ghp_one", "ghp_two"])
    client = make_client("https://api.github.com", lambda: next(tokens))
    first, same, other = (client.fingerprint() for _ in range(3))

    assert first == same != other
    assert "ghp" not in first


def test_next_link_to_another_host_is_refused_after_the_page_was_given(make_client):
    with serving({}) as server, serving({"/more": [Reply()]}) as stranger:
        server.script["/list?per_page=100"] = [Reply(headers={"Link": f'<{stranger.url}/more>; rel="next"'})]
        pages = make_client(server.url).pages("/list")
        assert next(pages).body == b"[]"
        with pytest.raises(UnexpectedAnswer, match="not on GitHub's API host"):
            next(pages)

    assert stranger.asked == []


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/x", "http://127.0.0.1:1@example.com/", "http://[/"])
def test_address_of_another_host_is_never_asked(make_client, url):
    with pytest.raises(UnexpectedAnswer, match="nothing was asked"):
        make_client("http://127.0.0.1:1").get(url)


def test_pages_end_where_a_proxy_gives_the_first_page_for_ever(make_client):
    with serving({}) as server:
        link = {"Link": f'<{server.url}/list?page=2>; rel="next"'}
        server.script["/list?per_page=100"] = [Reply(headers=link)]
        server.script["/list?page=2"] = [Reply(headers=link)]
        with pytest.raises(UnexpectedAnswer, match="read already"):
            list(islice(make_client(server.url).pages("/list"), 10))

    assert len(server.asked) == 2


def test_html_is_no_answer(make_client):
    page = Reply(body=b"<html>", headers={"Content-Type": "text/html"})
    with serving({"/user": [page]}) as server, pytest.raises(UnexpectedAnswer, match="other than JSON"):
        make_client(server.url).get("/user")

    assert len(server.asked) == 1


def test_half_a_json_value_is_no_answer(make_client):
    with serving({"/user": [Reply(body=b'[{"id": 1}')]}) as server, pytest.raises(Truncated):
        make_client(server.url).get("/user")

    assert len(server.asked) == 5


def test_impossible_api_address_is_refused(make_client):
    with pytest.raises(ValueError, match="loopback"):
        make_client("http://api.github.com")
