import pytest

from ingest.github.addresses import api_url_problem, origin, public_url
from ingest.github.paging import next_link


@pytest.mark.parametrize(
    "url",
    [
        "https://api.github.com",
        "https://api.github.com/",
        "https://github.example.com/api/v3",
        "https://github.example.com:8443/api/v3",
        "http://127.0.0.1:8000",
        "http://127.1.2.3",
        "http://localhost:8000/api",
        "http://[::1]:8000",
    ],
)
def test_possible_api_addresses(url):
    assert api_url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.github.com", "loopback"),
        ("http://10.0.0.1", "loopback"),
        ("http://localhost.example.com", "loopback"),
        ("http://127.0.0.1.example.com", "loopback"),
        ("http://0.0.0.0:8000", "loopback"),
        ("ftp://api.github.com", "https://"),
        ("api.github.com", "form"),
        ("", "form"),
        ("https://", "form"),
        ("https://host:port", "form"),
        ("https://[", "form"),
        ("https://user:hunter2@api.github.com", "user name"),
        ("https://hunter2@api.github.com", "user name"),
        ("https://api.github.com?token=hunter2", "path"),
        ("https://api.github.com#x", "path"),
    ],
)
def test_impossible_api_addresses(url, words):
    problem = api_url_problem(url)

    assert problem is not None
    assert words in problem
    assert "hunter2" not in problem


def test_origin_knows_default_ports_and_case():
    assert origin("https://API.github.com/x") == origin("https://api.github.com:443")
    assert origin("http://h") != origin("https://h")
    assert origin("https://h:1") != origin("https://h:2")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/p?page=2&state=all", "https://h/p?page=2&state=all"),
        ("https://user:secret@h:1/p#part", "https://h:1/p"),
        ("https://h/p?access_token=secret&a=1", "https://h/p?access_token=***&a=1"),
        ("https://h/p?X-Amz-Signature=secret", "https://h/p?X-Amz-Signature=***"),
        ("https://h/p?design=x", "https://h/p?design=x"),
        ("https://[", "an unreadable address"),
    ],
)
def test_public_url(url, shown):
    assert public_url(url) == shown


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://h/p?page=2>; rel="next", <https://h/p?page=9>; rel="last"', "https://h/p?page=2"),
        ('<https://h/p?page=1>; rel="prev", <https://h/p?page=3>; rel="next"', "https://h/p?page=3"),
        ("<https://h/p?a=1,2>; rel=next", "https://h/p?a=1,2"),
        ('<https://h/p>; rel="prev"', None),
        ('<https://h/p>; title="next"', None),
        ("", None),
        (None, None),
    ],
)
def test_next_link(header, url):
    assert next_link(header) == url
