"""One view, a whole page or the part of it that htmx asked for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

# htmx asks no more after an answer with this status.
STOP_POLLING = 286


def page_or_fragment(
    request: HttpRequest, page: str, fragment: str, context: dict[str, Any], *, over: bool = False
) -> HttpResponse:
    """`page` includes `fragment`, so both show the same. Both are names of templates.

    `over`: nothing will change any more, a fragment that asks again and again is to stop.
    """
    details: Any = request.htmx  # type: ignore[attr-defined]
    # Going back, htmx asks for what the address bar shows: a page.
    wanted = fragment if details and not details.history_restore_request else page
    answer = render(request, wanted, context, status=STOP_POLLING if over and wanted == fragment else 200)
    # A browser's cache would show the fragment as the page.
    patch_vary_headers(answer, ["HX-Request"])
    return answer
