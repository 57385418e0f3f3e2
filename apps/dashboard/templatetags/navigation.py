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
    ("Repositories", "integrations:repositories"),
    ("GitHub", "integrations:connect"),
    ("Runs", "integrations:runs"),
    ("Health", "integrations:health"),
    ("Members", "teams:members"),
]


@dataclass(frozen=True)
class Section:
    name: str
    address: str
    current: bool


@register.simple_tag
def sections(request: HttpRequest, team: Team) -> list[Section]:
    """Current is the one whose address begins that of the page: the longest, as the overview's begins all."""
    places = []
    for name, view in SECTIONS:
        try:
            places.append((name, reverse(view, args=[team.slug])))
        except NoReverseMatch:
            continue
    here = max((address for _, address in places if request.path.startswith(address)), key=len, default="")
    return [Section(name, address, address == here) for name, address in places]


@register.simple_tag
def address_of(view: str, *arguments: object) -> str:
    """Empty where there is no such address."""
    try:
        return reverse(view, args=arguments)
    except NoReverseMatch:
        return ""
