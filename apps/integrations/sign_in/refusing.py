"""The page of who is not signed in, or whose GitHub account is not linked."""

from __future__ import annotations

from typing import NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest
from django.shortcuts import render


def refuse(
    request: HttpRequest,
    problem: str,
    *,
    status: int = 403,
    again: bool = False,
    link: tuple[str, str] | None = None,
    next_url: str = "",
) -> NoReturn:
    """Ends the request with a page.

    `problem`: what happened and what to do next. `again`: with a button that goes to GitHub once more, and
    from there to `next_url`. `link`: address and text of the next step, where it is another one.
    """
    context = {"problem": problem, "again": again, "link": link, "next": next_url}
    raise ImmediateHttpResponse(render(request, "sign_in/refused.html", context, status=status))
