"""What a replay is about. Every part of a scope only selects streams; a selected stream is folded whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Lower

from apps.metrics.models import Repository
from apps.metrics.projection.version import VERSION
from apps.sql import begins_with
from apps.teams.models import Team
from ingest.inspection.status import having
from ingest.log import instants
from ingest.models import ParkedEvent, RawGitHubEvent, Run, Stream


class UnknownScope(Exception):
    """A scope names a team, a repository or an event that is not there."""


@dataclass(frozen=True)
class Scope:
    """Which events to select: those that fit every part that is given.

    `since` and `until` compare `received_at`; where that is null, the time inside the delivery id; an event
    that has neither doesn't fit. `repo` is a present or former name, or GitHub's numeric id. `sha` is the
    beginning of a commit's, in lower case.
    """

    team: str | None = None
    repo: str | None = None
    pr: int | None = None
    event_type: str | None = None
    action: str | None = None
    source: str | None = None
    actor: str | None = None
    object_id: str | None = None
    sha: str | None = None
    delivery: str | None = None
    run: int | None = None
    status: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    events: tuple[int, ...] = ()
    pending: bool = False
    parked: bool = False
    stale: bool = False

    @property
    def shrinks(self) -> bool:
        """Whether replaying takes streams out of it."""
        return self.pending or self.parked or self.stale or bool(self.status)

    def of_team(self, slug: str) -> Scope:
        return replace(self, team=slug)

    def as_json(self) -> dict[str, Any]:
        """The parts that are given, as they stand in a run's row."""
        times = {"since", "until"}
        return {k: v.isoformat() if k in times else v for k, v in asdict(self).items() if v}

    @classmethod
    def of(cls, run: Run) -> Scope:
        """What a run was asked for, of its own team."""
        given = {f.name: run.scope[f.name] for f in fields(cls) if f.name in run.scope}
        times: dict[str, Any] = {
            name: datetime.fromisoformat(given[name]) for name in ("since", "until") if name in given
        }
        lists: dict[str, Any] = {name: tuple(given.get(name, ())) for name in ("events", "status")}
        return cls(**given | times | lists | {"team": run.team.slug})

    def streams(self) -> QuerySet[Stream]:
        """The selected streams. Raises `UnknownScope`."""
        found = self._place(Stream.objects.all())
        if self.pending:
            found = found.filter(events__gt=F("applied"))
        if self.stale:
            found = found.filter(version__lt=VERSION, events__gt=0)
        if self.parked:
            found = found.filter(Exists(ParkedEvent.objects.filter(stream=OuterRef("pk"))))
        if self._asks_events():
            found = found.filter(Exists(self._fitting().filter(**_same_stream())))
        return found

    def matching(self) -> QuerySet[RawGitHubEvent]:
        """The events that fit the scope themselves, in no order. Raises `UnknownScope`."""
        found = self._place(self._fitting())
        if self.pending or self.stale:
            streams = Scope(pending=self.pending, stale=self.stale).streams()
            found = found.filter(Exists(streams.filter(**_same_stream())))
        return found

    def selected(self) -> int:
        """How many events match: all of the selected streams where the scope asks nothing of events
        themselves.
        """
        if self._asks_events():
            return self.matching().count()
        return self.streams().aggregate(total=Sum("events"))["total"] or 0

    def _asks_events(self) -> bool:
        given = self.as_json().keys()
        return not given <= {"team", "repo", "pr", "pending", "stale"}

    def _fitting(self) -> QuerySet[RawGitHubEvent]:
        found = RawGitHubEvent.objects.all()
        if self.event_type:
            found = found.filter(event_type=self.event_type)
        if self.source:
            found = found.filter(source=self.source)
        if self.action:
            found = found.filter(action=self.action)
        if self.actor:
            found = found.alias(login=Lower("actor")).filter(login=self.actor.lower())
        if self.object_id:
            found = found.filter(object_id=self.object_id)
        if self.sha:
            found = found.filter(begins_with("object_id", self.sha))
        if self.object_id or self.sha:
            # What the index leaves out: without it SQLite does not take the index.
            found = found.exclude(object_id="")
        if self.delivery:
            found = found.filter(delivery_id=self.delivery)
        if self.run:
            found = found.filter(fetch__run=self.run)
        if self.status:
            found = having(found, self.status, team_by_slug(self.team) if self.team else None)
        if self.events:
            known = set(RawGitHubEvent.objects.filter(pk__in=self.events).values_list("pk", flat=True))
            if missing := sorted(set(self.events) - known):
                raise UnknownScope(f"no stored event has the id {', '.join(map(str, missing))}")
            found = found.filter(pk__in=self.events)
        if self.parked:
            # Of a stream that is parked as a whole, every event is.
            whole = {f"stream__{name}": outer for name, outer in _same_stream().items()}
            streams = ParkedEvent.objects.filter(event=None, **whole)
            found = found.filter(Q(parked__isnull=False) | Exists(streams))
        return found.filter(_when("gte", self.since), _when("lt", self.until))

    def _place(self, found: QuerySet[Any]) -> QuerySet[Any]:
        if self.team:
            found = found.filter(team=team_by_slug(self.team))
        if self.repo:
            found = found.filter(repository_id__in=repository_ids(self.repo, self.team))
        if self.pr:
            found = found.filter(number=self.pr)
        return found


def _same_stream() -> dict[str, OuterRef]:
    return {name: OuterRef(name) for name in ("team_id", "repository_id", "number")}


def _when(comparison: str, time: datetime | None) -> Q:
    if time is None:
        return Q()
    inside = Q(received_at__isnull=True, **{f"instant__{comparison}": instants.of_time(time)})
    return Q(**{f"received_at__{comparison}": time}) | inside


def team_by_slug(slug: str) -> Team:
    """Raises `UnknownScope` where there is none."""
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        known = ", ".join(Team.objects.order_by("slug").values_list("slug", flat=True)[:10])
        raise UnknownScope(f"no team {slug!r}; there {'are: ' + known if known else 'is none yet'}")
    return team


def repository_ids(name: str, team_slug: str | None = None) -> set[int]:
    """GitHub's ids of the repositories that are called so, else of those that were: a name can pass on.

    Raises `UnknownScope` where there is none.
    """
    if name.isdecimal():
        return {int(name)}
    teams: dict[str, Any] = {"team__slug": team_slug} if team_slug else {}
    ids = set(
        Repository.objects.filter(full_name__iexact=name, **teams).values_list("github_repo_id", flat=True)
    )
    if not ids:
        former = RawGitHubEvent.objects.filter(repository_name__iexact=name, **teams)
        ids = set(former.values_list("repository_id", flat=True).distinct())
    if not ids:
        raise UnknownScope(f"no stored event is of a repository {name!r}")
    return ids
