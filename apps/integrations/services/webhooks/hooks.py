"""A hook as GitHub shows it, and whether it is ours: by its address, which only the team and GitHub know.

Ours is the one at exactly the team's address. Where the site has moved since it was made, it is the one whose
id is stored and that has the team's key at the former address. No other is ever changed or deleted.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.urls import reverse

from apps.integrations.services.github_webhooks import endpoint_of
from apps.teams.models import Team


class _Config(msgspec.Struct, gc=False):
    url: str = ""


class Hook(msgspec.Struct, gc=False):
    """`active`: whether GitHub sends to it."""

    id: int
    active: bool = True
    config: _Config = msgspec.field(default_factory=_Config)


_hook = msgspec.json.Decoder(Hook)


def read_hook(body: bytes) -> Hook | None:
    """None where it is no hook of GitHub's."""
    try:
        return _hook.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def address_of(team: Team) -> str:
    """Where GitHub sends the team's deliveries."""
    return settings.SITE_URL + reverse("integrations:team_deliveries", args=[endpoint_of(team).key])


def is_here(hook: Hook, address: str) -> bool:
    """Whether what it sends arrives: at the team's address, or at the one that all teams share."""
    return hook.config.url in (address, settings.SITE_URL + reverse("integrations:deliveries"))


def is_misdirected(hook: Hook, address: str) -> bool:
    """Whether a hook whose id is stored sends to the team's key at another address than the site has now."""
    return hook.config.url != address and _path(hook.config.url) == _path(address)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
