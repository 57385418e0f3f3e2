"""Where a list goes on, and going along its pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from requests.utils import parse_header_links

from .addresses import public_url
from .errors import UnexpectedAnswer


def next_link(header: str | None) -> str | None:
    """The address with `rel="next"` in a `Link` header, None on the last page.

    GitHub sends `<https://api.github.com/repositories/1/pulls?page=2>; rel="next", <...>; rel="last"`. Page
    addresses are followed and never built: they name the repository by its id, and some lists use cursors
    (GitHub's documentation, "Using pagination in the REST API").
    """
    for link in parse_header_links(header or ""):
        if "next" in link.get("rel", "").lower().split():
            return link["url"]
    return None


class Page(Protocol):
    """What a list's page tells of the next one."""

    @property
    def next_url(self) -> str | None: ...


P = TypeVar("P", bound=Page)


def walk(first_url: str, ask: Callable[[str], P]) -> Iterator[P]:
    """The pages from this one on, each asked for when the one before it was taken.

    Raises UnexpectedAnswer where GitHub leads back to a page that was read.
    """
    url: str | None = first_url
    asked: set[str] = set()
    while url is not None:
        asked.add(url)
        page = ask(url)
        yield page
        if page.next_url in asked:
            # A proxy that drops the query would give the first page for ever.
            raise UnexpectedAnswer(
                f"GitHub names a page that was read already as next after {public_url(url)}.",
                url=public_url(url),
            )
        url = page.next_url
