"""Serves exchanges that somebody recorded at GitHub, and makes up nothing.

Lists are matched leniently: a recording holds the pages that its recorder asked for, with the parameters of
its own time. What was not recorded is 404, as for a token without permission.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from . import refusals
from .answer import Answer, Request, packed
from .wire import listen

_BY_ID = re.compile(r"/repositories/([0-9]{1,18})(?=/|$)")
_API = re.compile(r"https://api\.github\.com(?=/)")

# Of the connection that was recorded, not of the answer: this connection has its own.
_HOP = {"connection", "content-encoding", "content-length", "keep-alive", "status", "transfer-encoding"}


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str  # with its query
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Any = b""  # bytes and text go out as they are, anything else as JSON

    @classmethod
    def read(cls, recorded: Mapping[str, Any]) -> Exchange:
        """From a dictionary with these names; `method`, `status` and `headers` may be absent."""
        return cls(
            method=recorded.get("method", "GET"),
            path=recorded["path"],
            status=recorded.get("status", 200),
            headers=recorded.get("headers") or {},
            body=recorded["body"],
        )

    @property
    def bare_path(self) -> str:
        return self.path.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.path.partition("?")[2], keep_blank_values=True))


class Recording:
    def __init__(self, exchanges: Iterable[Exchange | Mapping[str, Any]]) -> None:
        self.url = ""
        self.asked: list[str] = []
        read = [item if isinstance(item, Exchange) else Exchange.read(item) for item in exchanges]
        self._names = dict(pair for exchange in read for pair in _repositories(_value(exchange.body)))
        self._by_path: dict[tuple[str, str], list[Exchange]] = defaultdict(list)
        for exchange in read:
            self._by_path[exchange.method, self._by_name(exchange.bare_path)].append(exchange)

    def answer(self, request: Request) -> Answer:
        self.asked.append(request.target)
        exchange = self._find(request)
        if exchange is None:
            refusal = refusals.not_found()
            refusal.headers["Content-Type"] = "application/json; charset=utf-8"
            return refusal
        headers = {name: self._here(name, value) for name, value in exchange.headers.items()}
        headers = {name: value for name, value in headers.items() if name.lower() not in _HOP}
        if not any(name.lower() == "content-type" for name in headers):
            headers["Content-Type"] = "application/json; charset=utf-8"
        return Answer(exchange.status, _bytes(exchange.body), headers)

    def _find(self, request: Request) -> Exchange | None:
        """The same query if it was recorded; else the same page, whatever its size and order were."""
        recorded = self._by_path.get((request.method, self._by_name(request.path)), [])
        for exchange in recorded:
            if exchange.query == request.query:
                return exchange
        page = request.query.get("page", "1")
        return next((exchange for exchange in recorded if exchange.query.get("page", "1") == page), None)

    def _by_name(self, path: str) -> str:
        """`Link` names a repository by its id where the recorder had asked by name: both are one place."""
        found = _BY_ID.match(path)
        name = self._names.get(int(found[1])) if found else None
        return f"/repos/{name}{path[found.end() :]}" if found and name else path

    def _here(self, name: str, value: str) -> str:
        """The addresses to go on with must lead back here; everything else stays as it was recorded."""
        return _API.sub(self.url, value) if name.lower() in ("link", "location") else value


def _repositories(value: Any) -> Iterator[tuple[int, str]]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        base = item.get("base")
        place = base.get("repo") if isinstance(base, dict) else item
        if isinstance(place, dict) and "full_name" in place and "id" in place:
            yield place["id"], place["full_name"]


def _value(body: Any) -> Any:
    if not isinstance(body, bytes | str):
        return body
    try:
        return json.loads(body)
    except ValueError:
        return None


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else packed(body)


@contextmanager
def recording(exchanges: Iterable[Exchange | Mapping[str, Any]]) -> Iterator[Recording]:
    recording = Recording(exchanges)
    with listen(recording.answer) as url:
        recording.url = url
        yield recording


@contextmanager
def serving(exchanges: Iterable[Exchange | Mapping[str, Any]]) -> Iterator[str]:
    """The base URL of a server that knows these exchanges and nothing else."""
    with recording(exchanges) as server:
        yield server.url
