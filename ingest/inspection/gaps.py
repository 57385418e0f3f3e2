"""Per repository and day: what was delivered, restored afterwards, fetched; and where deliveries are missing.

Days are UTC's, and those on which things happened: of a delivery the time inside its id, of a fetched object
GitHub's own time of its last change. So a change of Monday that a backfill fetched on Friday is Monday's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, F, Min, QuerySet
from django.db.models.functions import TruncDate

from apps.metrics.models import Repository
from ingest.log import instants
from ingest.models import RawGitHubEvent, Stream

_TICKS_A_DAY = 24 * 3600 * instants.TICKS
_EPOCH = date(1970, 1, 1)
# What a hook is told of by itself. A commit's own date says nothing of when it was pushed.
_TOLD = ("pull_request", "pull_request_review")
_DELIVERED = RawGitHubEvent.Source.WEBHOOK
_FETCHED = (RawGitHubEvent.Source.REST, RawGitHubEvent.Source.GRAPHQL)


@dataclass
class Day:
    """`fetched` are pull requests and reviews. `gap`: something changed, and no delivery told of it though
    there had been deliveries before that day.
    """

    team: str
    repository: str
    github_repo_id: int
    day: date
    delivered: int = 0
    restored: int = 0
    fetched: int = 0
    gap: bool = False


def gaps(streams: QuerySet[Stream], days: int, now: datetime) -> list[Day]:
    """The days on which anything happened in the repositories of these streams, newest first within each.

    `days`: back from today. No body is read.
    """
    today = now.astimezone(UTC).date()
    begin = datetime.combine(today - timedelta(days=days - 1), time(), UTC)
    places = streams.exclude(repository_id=0).order_by("team__slug", "repository_id")
    found: list[Day] = []
    for team_id, slug, repository_id in places.values_list(
        "team_id", "team__slug", "repository_id"
    ).distinct():
        events = RawGitHubEvent.objects.filter(team=team_id, repository_id=repository_id)
        named = Repository.objects.filter(team=team_id, github_repo_id=repository_id).first()
        name = named.full_name if named else str(repository_id)
        found += _of_repository(events, Day(slug, name, repository_id, today), begin)
    return found


def _of_repository(events: QuerySet[RawGitHubEvent], blank: Day, begin: datetime) -> list[Day]:
    found: dict[date, Day] = {}

    def at(day: date) -> Day:
        return found.setdefault(day, replace(blank, day=day))

    for endpoint, day, count in _delivered(events, begin):
        if endpoint:
            at(day).restored += count
        else:
            at(day).delivered += count
    for day, count in _fetched(events, begin):
        at(day).fetched += count
    first = events.filter(source=_DELIVERED).aggregate(first=Min("instant"))["first"]
    for day, one in found.items():
        hooked = first is not None and _day(first // _TICKS_A_DAY) < day
        one.gap = hooked and one.fetched > 0 and not one.delivered and not one.restored
    return sorted(found.values(), key=lambda one: one.day, reverse=True)


def _delivered(events: QuerySet[RawGitHubEvent], begin: datetime) -> Iterator[tuple[str, date, int]]:
    rows = (
        events.filter(source=_DELIVERED, instant__gte=instants.of_time(begin))
        .annotate(place=F("instant") / _TICKS_A_DAY)
        .values_list("endpoint", "place")
        .annotate(count=Count("id"))
        .order_by()
    )
    for endpoint, place, count in rows:
        yield endpoint, _day(place), count


def _fetched(events: QuerySet[RawGitHubEvent], begin: datetime) -> Iterator[tuple[date, int]]:
    rows = (
        events.filter(source__in=_FETCHED, event_type__in=_TOLD, occurred_at__gte=begin)
        .annotate(day=TruncDate("occurred_at", tzinfo=UTC))
        .values_list("day")
        .annotate(count=Count("id"))
        .order_by()
    )
    yield from rows


def _day(since_epoch: int) -> date:
    return _EPOCH + timedelta(days=since_epoch)
