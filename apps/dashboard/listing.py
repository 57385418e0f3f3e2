"""The list of pull requests: which ones, in which order, from where on. All of it is said by the address."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.http import QueryDict

from apps import sql
from apps.dashboard.keyset import Count, count_of
from apps.metrics.models import PullRequest
from apps.teams.models import Team

PAGE_SIZE = 50

# By its name in the address: what it is called, and the column, whose greatest value comes first.
SORTS = {
    "": ("newest", "pr_created_at"),
    "updated": ("last updated", "pr_updated_at"),
    "review": ("longest to review", "review_time_hours"),
    "cycle": ("longest cycle", "cycle_time_hours"),
    "size": ("largest", "size"),
}
MARKS = {"revert": "is_revert", "hotfix": "is_hotfix"}


@dataclass(frozen=True)
class Filters:
    """Empty: all. `author` is a login; `ghost` finds deleted accounts too, which GitHub calls so. `q`: a part
    of the title, or the number.
    """

    state: str = ""
    repository: str = ""
    author: str = ""
    label: str = ""
    mark: str = ""
    q: str = ""
    sort: str = ""

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        # No database takes a NUL in a text, and no name holds one.
        values = {field.name: query.get(field.name, "").replace("\0", "").strip() for field in fields(cls)}
        return cls(**values)

    def __bool__(self) -> bool:
        return any(value for name, value in self.given().items() if name != "sort")

    def given(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def chips(self) -> list[tuple[str, str, str]]:
        """Of each filter its name, its value, and the address without it."""
        names = {"q": "text"}
        given = [(name, value) for name, value in self.given().items() if value and name != "sort"]
        return [(names.get(name, name), value, self.address(**{name: ""})) for name, value in given]

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
        if self.label:
            found = found.filter(_has_label(self.label))
        if self.mark:
            found = found.filter(**{MARKS[self.mark]: True}) if self.mark in MARKS else found.none()
        if self.q:
            number = self.q.removeprefix("#")
            wanted = Q(title__icontains=self.q)
            if number.isascii() and number.isdecimal() and len(number) < 10:
                wanted |= Q(number=int(number))
            found = found.filter(wanted)
        return found


@dataclass(frozen=True)
class PullPage:
    """`after` asks for the next page; empty where this is the last."""

    pulls: list[PullRequest]
    count: Count
    after: str


def page_of(pulls: QuerySet[PullRequest], sort: str, after: str = "") -> PullPage:
    """From `after` on, else from the beginning; an `after` that is none of ours is the beginning."""
    column = SORTS.get(sort, SORTS[""])[1]
    # Unknown creations first, as PostgreSQL's index has them; an unknown number is of no use at the top.
    first = column == "pr_created_at"
    order = F(column).desc(nulls_first=True) if first else F(column).desc(nulls_last=True)
    ordered = pulls.select_related("author").order_by(order, "-pk")
    place = _place(column, after)
    if place is not None:
        ordered = ordered.filter(_beyond(column, *place, nulls_first=first))
    rows = list(ordered[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    more = len(rows) > PAGE_SIZE
    return PullPage(shown, count_of(pulls), _cursor(column, shown[-1]) if more else "")


def _cursor(column: str, pull: PullRequest) -> str:
    value = getattr(pull, column)
    text = "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)
    return f"{pull.pk}~{text}"


def _place(column: str, after: str) -> tuple[int, Any] | None:
    pk, _, text = after.partition("~")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
        return None
    if not text:
        return int(pk), None
    try:
        if column.endswith("_at"):
            time = datetime.fromisoformat(text.replace(" ", "+"))
            return (int(pk), time) if time.tzinfo else None
        number = Decimal(text)
        return (int(pk), number) if number.is_finite() and abs(number) < 2**63 else None
    except (ValueError, InvalidOperation):
        return None


def _beyond(column: str, pk: int, value: Any, *, nulls_first: bool) -> Q:
    unknown = Q(**{f"{column}__isnull": True})
    if value is None:
        same = unknown & Q(pk__lt=pk)
        return same | ~unknown if nulls_first else same
    later = Q(**{f"{column}__lt": value}) | Q(**{column: value}, pk__lt=pk)
    return later if nulls_first else later | unknown


def _has_label(label: str) -> Func:
    """Whether the list of labels holds exactly this one."""
    text = Value(label, output_field=TextField())
    if sql.is_sqlite():
        return Func(
            F("labels"),
            text,
            template="EXISTS (SELECT 1 FROM json_each(%(expressions)s)",
            arg_joiner=") WHERE value = ",
            output_field=BooleanField(),
        )
    return Func(F("labels"), text, function="jsonb_exists", output_field=BooleanField())
