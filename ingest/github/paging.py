"""Where a list goes on: the `Link` header."""

from requests.utils import parse_header_links


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
