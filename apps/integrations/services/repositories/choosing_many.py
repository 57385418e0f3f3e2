"""Which of the listed repositories a form means: those that were ticked, or all that match a filter."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import QueryDict

from apps.integrations.models import AvailableRepository, GitHubIntegration, TrackedRepository
from apps.integrations.services.repositories.choosing import Filters, listed

# A page lists 30; a form with more was not made by it.
MOST_TICKED = 1000


@dataclass(frozen=True)
class Choice:
    """`fields`: what a form has to send again for the same choice. `all`: all that match the filter."""

    all: bool
    ids: list[int]
    filters: Filters

    @classmethod
    def parse(cls, given: QueryDict) -> Choice:
        ids = [
            int(value)
            for value in given.getlist("repository")[:MOST_TICKED]
            if value.isascii() and value.isdecimal() and len(value) < 19
        ]
        return cls(given.get("all") == "1", sorted(set(ids)), Filters.parse(given))

    @property
    def fields(self) -> list[tuple[str, str]]:
        if not self.all:
            return [("repository", str(key)) for key in self.ids]
        return [("all", "1"), *filter_fields(self.filters)]


def filter_fields(filters: Filters) -> list[tuple[str, str]]:
    values = {
        "name": filters.name,
        "language": filters.language,
        "visibility": filters.visibility,
        "archived": "1" if filters.archived else "",
    }
    return [(name, value) for name, value in values.items() if value]


def to_follow(integration: GitHubIntegration, choice: Choice) -> QuerySet[AvailableRepository]:
    """Those of the choice that are not followed, the last pushed to first.

    Archived ones are among them where they were ticked, or the filter asks for them.
    """
    if choice.all:
        found = listed(integration, choice.filters)
    else:
        found = listed(integration, Filters(archived=True)).filter(github_repo_id__in=choice.ids)
    followed = TrackedRepository.objects.filter(
        team=integration.team_id, github_repo_id=OuterRef("github_repo_id"), is_active=True
    )
    return found.filter(~Exists(followed)).order_by(F("pushed_at").desc(nulls_last=True), "pk")
