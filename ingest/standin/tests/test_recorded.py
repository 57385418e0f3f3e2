from typing import Any

from ingest.standin.recorded import recording, serving

from .client import get, pages

REPOSITORY = {"id": 99, "full_name": "old/thing"}


def listed(number: int) -> dict[str, Any]:
    return {"number": number, "base": {"repo": REPOSITORY}}


def test_bytes_go_out_as_they_were_recorded() -> None:
    body = b'{"b" : 1,\r\n "a":"\\u0000"}  '
    exchange = {
        "path": "/repos/old/thing/pulls/1",
        "body": body,
        "headers": {"ETag": 'W/"x"', "Date": "then"},
    }
    with serving([exchange]) as url:
        got = get(url, "/repos/old/thing/pulls/1")
    assert (got.status, got.body) == (200, body)
    assert (got.headers["etag"], got.headers["date"]) == ('W/"x"', "then")


def test_the_recorded_encoding_of_the_connection_is_not_repeated() -> None:
    headers = {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked", "Content-Length": "7"}
    with serving([{"path": "/user", "body": {"login": "a"}, "headers": headers}]) as url:
        got = get(url, "/user")
    assert got.json == {"login": "a"}
    assert "content-encoding" not in got.headers


def test_what_was_not_recorded_is_not_found() -> None:
    with serving([{"path": "/user", "body": {}}]) as url:
        got = get(url, "/repos/old/thing/pulls")
    assert got.status == 404
    assert got.json["message"] == "Not Found"


def test_recorded_errors_keep_their_status() -> None:
    exchange = {"path": "/repos/old/thing", "status": 451, "body": {"message": "Repository access blocked"}}
    with serving([exchange]) as url:
        assert get(url, "/repos/old/thing").status == 451


def test_lists_match_by_path_and_page_and_links_lead_back_here() -> None:
    link = '<https://api.github.com/repositories/99/pulls?state=open&page=2>; rel="next"'
    exchanges: list[dict[str, Any]] = [
        {"path": "/repos/old/thing/pulls?state=open", "body": [listed(2)], "headers": {"Link": link}},
        {"path": "/repos/old/thing/pulls?state=open&page=2", "body": [listed(1)]},
    ]
    asked = "/repos/old/thing/pulls?per_page=100&state=all&sort=updated&direction=desc&page=1"
    with serving(exchanges) as url:
        got = pages(url, asked)
        assert got[0].links["next"].startswith(url + "/repositories/99/pulls")
    assert [item["number"] for page in got for item in page.json] == [2, 1]


def test_the_same_query_goes_before_the_same_page() -> None:
    exchanges = [
        {"path": "/repos/old/thing/pulls?state=closed", "body": [listed(1)]},
        {"path": "/repos/old/thing/pulls?state=all", "body": [listed(2)]},
    ]
    with serving(exchanges) as url:
        assert get(url, "/repos/old/thing/pulls?state=all").json[0]["number"] == 2


def test_it_says_what_was_asked() -> None:
    with recording([{"path": "/user", "body": {}}]) as server:
        get(server.url, "/user?x=1")
        assert server.asked == ["/user?x=1"]


def test_a_page_that_was_not_recorded_is_not_found() -> None:
    with serving([{"path": "/repos/old/thing/pulls?state=all", "body": [listed(1)]}]) as url:
        assert get(url, "/repos/old/thing/pulls?state=all&page=2").status == 404
