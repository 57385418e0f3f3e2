"""A plain client: the tests see what went over the wire."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def links(self) -> dict[str, str]:
        links = {}
        for part in filter(None, self.headers.get("link", "").split(", ")):
            url, _, rel = part.partition("; ")
            links[rel.removeprefix('rel="').removesuffix('"')] = url.strip("<>")
        return links


def get(url: str, path: str = "", token: str | None = "t0ken", **headers: str) -> Got:
    """Ask once, follow nothing. Header names are written with `_` for `-`; an empty value leaves one out."""
    return ask("GET", url + path, token=token, **headers)


def ask(method: str, url: str, value: Any = None, *, token: str | None = "t0ken", **headers: str) -> Got:
    """The same with any method; `value` travels as JSON."""
    address = urlsplit(url)
    assert address.hostname
    sent = {"User-Agent": "tests", **({"Authorization": f"Bearer {token}"} if token else {})}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    connection = HTTPConnection(address.hostname, address.port, timeout=10)
    try:
        target = f"{address.path}?{address.query}" if address.query else address.path
        body = None if value is None else json.dumps(value)
        connection.request(method, target, body, {name: text for name, text in sent.items() if text})
        answer = connection.getresponse()
        return Got(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def pages(url: str, path: str) -> list[Got]:
    got = [get(url, path)]
    while "next" in got[-1].links:
        got.append(get(got[-1].links["next"]))
    return got
