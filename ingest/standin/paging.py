"""Pages and `Link` headers as GitHub writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from .answer import Request

Item = TypeVar("Item")


def page_of(request: Request) -> tuple[int, int]:
    return _number(request, "page", 1), min(100, _number(request, "per_page", 30))


def cut(items: Sequence[Item], request: Request) -> Sequence[Item]:
    page, per_page = page_of(request)
    return items[(page - 1) * per_page : page * per_page]


def links(request: Request, url: str, total: int) -> dict[str, str]:
    """`url` names the list by numeric ids, whatever name was asked for: nobody can build these addresses."""
    page, per_page = page_of(request)
    last = max(1, -(-total // per_page))
    wanted = {}
    if page > 1:
        wanted["prev"] = min(page - 1, last)
    if page < last:
        wanted["next"], wanted["last"] = page + 1, last
    if page > 1:
        wanted["first"] = 1
    if not wanted:
        return {}
    return {"Link": ", ".join(f'<{url}?{_query(request, to)}>; rel="{rel}"' for rel, to in wanted.items())}


def _query(request: Request, page: int) -> str:
    given = parse_qsl(request.query_string, keep_blank_values=True)
    return urlencode([(key, value) for key, value in given if key != "page"] + [("page", str(page))])


def _number(request: Request, key: str, default: int) -> int:
    value = request.query.get(key, "")
    return int(value) if value.isdecimal() and int(value) > 0 else default
