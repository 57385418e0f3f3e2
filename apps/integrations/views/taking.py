"""Secrets are taken out of a request before anything is done with them.

A report of an error shows the request: its address, its form, its environment. While DEBUG is on, Django
masks none of them.
"""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from apps.integrations.services.unprinted import Unprinted

# Where servers keep the whole address beside QUERY_STRING.
_ADDRESSES = ("RAW_URI", "REQUEST_URI")


def take_from_address(request: HttpRequest, *names: str) -> list[Unprinted]:
    """These parameters (empty: not given); the address has no query any more."""
    taken = [Unprinted(request.GET.get(name, "")) for name in names]
    request.GET = QueryDict()
    request.META["QUERY_STRING"] = ""
    for name in _ADDRESSES:
        if name in request.META:
            request.META[name] = request.path
    return taken


def take_from_form(request: HttpRequest, name: str) -> Unprinted:
    """This field; the form does not have it any more."""
    rest = request.POST.copy()
    taken = Unprinted(rest.pop(name, [""])[-1])
    request.POST = rest  # type: ignore[assignment]
    return taken
