"""Which repositories a page lists: those that the team's connection can see, as the cache has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.http import QueryDict

from apps.integrations.models import (
    AvailableRepository,
    GitHubIntegration,
    IntegrationCredential,
    TrackedRepository,
)
from apps.teams.models import Team
from ingest.backfill.window import DAYS, Window

ON_A_PAGE = 30
DAYS_OFFERED = (30, 90, 180, 365)

Status, Source = IntegrationCredential.Status, IntegrationCredential.Source


@dataclass(frozen=True)
class Filters:
    """What the address asks for; what it can't mean is left out."""

    name: str = ""
    language: str = ""
    visibility: str = ""
    followed: str = ""
    archived: bool = False

    @classmethod
    def parse(cls, given: QueryDict) -> Filters:
        def one_of(name: str, *allowed: str) -> str:
            value = given.get(name, "")
            return value if value in allowed else ""

        return cls(
            name=_text(given.get("name", "")),
            language=_text(given.get("language", "")),
            visibility=one_of("visibility", "private", "public"),
            followed=one_of("followed", "yes", "no"),
            archived=given.get("archived", "") == "1",
        )

    @property
    def any(self) -> bool:
        return self != Filters()


def integration_of(team: Team) -> GitHubIntegration | None:
    """What the team chooses from: the connection that works, and of several the one made by a person."""
    return (
        GitHubIntegration.for_team(team)
        .select_related("credential")
        .alias(
            works=Case(When(credential__status=Status.ACTIVE, then=Value(0)), default=Value(1)),
            by_hand=Case(When(credential__source=Source.ENVIRONMENT, then=Value(1)), default=Value(0)),
        )
        .order_by("works", "by_hand", "-credential__updated_at", "pk")
        .first()
    )


def listed(integration: GitHubIntegration, filters: Filters) -> QuerySet[AvailableRepository]:
    """By name."""
    found = _listed_for(integration)
    if filters.name:
        found = found.filter(full_name__icontains=filters.name)
    if filters.language:
        found = found.filter(language=filters.language)
    if filters.visibility:
        found = found.filter(is_private=filters.visibility == "private")
    if not filters.archived:
        found = found.filter(is_archived=False)
    if filters.followed:
        active = TrackedRepository.objects.filter(
            team=integration.team_id, github_repo_id=OuterRef("github_repo_id"), is_active=True
        )
        found = found.filter(Exists(active) if filters.followed == "yes" else ~Exists(active))
    return found.order_by("full_name", "pk")


def unlisted(
    team: Team, integration: GitHubIntegration | None, filters: Filters
) -> QuerySet[TrackedRepository]:
    """Followed repositories that the connection does not list (any more), by name."""
    found = TrackedRepository.for_team(team).filter(is_active=True)
    if integration is not None:
        listed_ids = _listed_for(integration).values("github_repo_id")
        found = found.exclude(github_repo_id__in=listed_ids)
    if filters.name:
        found = found.filter(full_name__icontains=filters.name)
    if filters.followed == "no" or filters.language or filters.visibility:
        return found.none()
    return found.order_by("full_name", "pk")


def languages(integration: GitHubIntegration) -> list[str]:
    rows = _listed_for(integration).exclude(language="")
    return list(rows.order_by("language").values_list("language", flat=True).distinct())


@dataclass(frozen=True)
class Choice:
    """A window that is offered: the form's value, its name, and which pull requests it fetches."""

    value: str
    name: str
    which: str

    @property
    def sentence(self) -> str:
        return f"pull requests {self.which}"


def choices(now: datetime) -> list[Choice]:
    return [_choice(Window(days), now) for days in (*DAYS_OFFERED, None)]


def _listed_for(integration: GitHubIntegration) -> QuerySet[AvailableRepository]:
    return AvailableRepository.objects.filter(team=integration.team_id, integration=integration)


def _choice(window: Window, now: datetime) -> Choice:
    if window.days is None:
        return Choice("all", "Everything", "that there ever were")
    since = now - timedelta(days=window.days)
    day = f"{since.day} {since:%b}" + (f" {since.year}" if since.year != now.year else "")
    return Choice(str(window.days), f"{window.days} days", f"updated since {day}, and all open ones")


def sentence_of(window: Window, now: datetime) -> str:
    return _choice(window, now).sentence


def window_of(given: QueryDict) -> Window:
    """The window of a form; the usual one where it names none that is offered."""
    value = given.get("window", "")
    if value == "all":
        return Window(None)
    return Window(int(value)) if value in map(str, DAYS_OFFERED) else Window(DAYS)


def _text(value: str) -> str:
    # PostgreSQL refuses to compare with NUL.
    return value.replace("\x00", "").strip()[:255]
