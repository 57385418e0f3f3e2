"""The sections of a team's pages."""

from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from apps.teams.models import Team

register = template.Library()

SECTIONS = [
    ("Overview", "dashboard:overview"),
    ("Pull requests", "dashboard:pulls"),
    ("Events", "events:list"),
    ("Repositories", "integrations:repositories"),
    ("GitHub", "integrations:connect"),
    ("Runs", "integrations:runs"),
    ("Replays", "replays:list"),
    ("Operate", "integrations:operate"),
    ("Members", "teams:members"),
]


@dataclass(frozen=True)
class Section:
    name: str
    address: str
    current: bool


@register.simple_tag
def sections(request: HttpRequest, team: Team) -> list[Section]:
    """Current is the one whose address is the longest that the page is below. All are below the overview: it
    is itself only.

    Who has one team only has its overview at home too.
    """
    addresses = {name: reverse(view, args=[team.slug]) for name, view in SECTIONS}
    overview = addresses["Overview"]
    above = [address for address in addresses.values() if request.path.startswith(address)]
    current = max((address for address in above if address != overview), key=len, default="")
    if request.path in (overview, reverse("dashboard:home")):
        current = overview
    return [Section(name, address, address == current) for name, address in addresses.items()]


@register.simple_tag
def address_of(view: str, *arguments: object) -> str:
    """Empty where there is no such address."""
    try:
        return reverse(view, args=arguments)
    except NoReverseMatch:
        return ""
