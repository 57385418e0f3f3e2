"""The list of pull requests: which ones, in which order, on which page. All of it is said by the address."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from apps.metrics.models import PullRequest
from apps.teams.models import Team

PAGE_SIZE = 50


@dataclass(frozen=True)
class Filters:
    """Empty: all. `author` is a login; `ghost` finds deleted accounts too, which GitHub calls so."""

    state: str = ""
    repository: str = ""
    author: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        # No database takes a NUL in a text, and no name holds one.
        values = {field.name: query.get(field.name, "").replace("\0", "").strip() for field in fields(cls)}
        return cls(**values)

    def __bool__(self) -> bool:
        return any(self.given().values())

    def given(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def address(self, **changes: str) -> str:
        """The query of the page's own address with `changes`; an empty value goes."""
        values = {name: value for name, value in (self.given() | changes).items() if value}
        return f"?{urlencode(values)}"

    def select(self, team: Team) -> QuerySet[PullRequest]:
        found = PullRequest.for_team(team)
        if self.state:
            found = found.filter(state=self.state)
        if self.repository:
            found = found.filter(github_repo__iexact=self.repository)
        if self.author:
            wanted = Q(author_login__iexact=self.author) | Q(author__github_username__iexact=self.author)
            if self.author.lower() == "ghost":
                wanted |= Q(author_login="", author=None)
            found = found.filter(wanted)
        return found


def page_of(pulls: QuerySet[PullRequest], number: str) -> Page[PullRequest]:
    """The newest first; a page that does not exist is the first or the last one."""
    # Where a creation is unknown SQLite would sort last what PostgreSQL sorts first.
    ordered = pulls.order_by(F("pr_created_at").desc(nulls_first=True), "-pk")
    return Paginator(ordered.select_related("author"), PAGE_SIZE).get_page(number or 1)
