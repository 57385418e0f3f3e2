"""Purging: the one way out of the log. All of a team or of some repositories goes; an audit line stays.

A stream goes with its rows, links, parked events and the requests that only it came from, in one transaction.
So a killed purge leaves whole streams only, and the same call takes the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from apps import sql
from apps.metrics.models import Repository
from apps.metrics.projection.changes import Outcome
from apps.metrics.projection.project import Projection
from apps.metrics.projection.writer import write
from apps.teams.models import Team
from ingest.models import (
    AuditLine,
    Fetch,
    ParkedEvent,
    RawGitHubEvent,
    Run,
    SkippedEvent,
    Stream,
    Validator,
)
from ingest.runs.listeners import tell

from . import streams
from .gate import open_gate
from .streams import StreamKey

ACTION = "purge"

# GitHub's ids of the repositories with their names; None is the whole team.
Repositories = Mapping[int, str] | None


def streams_of(team: Team, repositories: Collection[int] | None) -> QuerySet[Stream]:
    """The streams that a purge takes."""
    found = Stream.for_team(team)
    return found if repositories is None else found.filter(repository_id__in=repositories)


def purge(
    team: Team,
    repositories: Repositories,
    who: str,
    step: Callable[[Counter[str]], Any] | None = None,
    asked: int | None = None,
) -> Counter[str]:
    """Delete what was stored of these repositories and what was made from it.

    Returns counts by kind of what went; `step` is called with them after each stream. A running backfill
    loses its lease. Can be called again after a kill: with the number under which it was `asked` for it goes
    on with its audit line, without one it is an act of its own. Raises django.db.Error.
    """
    counts: Counter[str] = Counter()
    line = _begin(team, repositories, who, asked, counts)
    while (stream := streams_of(team, repositories).order_by("repository_id", "number").first()) is not None:
        _purge_stream((team.pk, stream.repository_id, stream.number), line, counts)
        if step:
            step(counts)
    with transaction.atomic():
        _note(line, Counter(), finished=True)
    return counts


def named(repositories: Repositories) -> list[dict[str, Any]] | None:
    if repositories is None:
        return None
    return [{"id": key, "full_name": name} for key, name in sorted(repositories.items())]


def _begin(
    team: Team, repositories: Repositories, who: str, asked: int | None, counts: Counter[str]
) -> AuditLine:
    """Runs go first: a complete one that outlived its events would keep the next backfill from fetching."""
    runs, validators = Run.for_team(team), Validator.for_team(team)
    # Answers without items belong to no stream.
    empty = Fetch.for_team(team).filter(events__isnull=True)
    if repositories is not None:
        runs = runs.filter(kind=Run.Kind.BACKFILL, github_repo_id__in=repositories)
        validators = validators.filter(repository_id__in=repositories)
        empty = empty.filter(run__in=runs)
    with open_gate(ACTION):
        line = _line(team, repositories, who, asked)
        gone = list(runs.order_by("pk"))
        counts["requests"] += _delete_unused(empty.values_list("pk", flat=True))
        Run.objects.filter(pk__in=[run.pk for run in gone]).delete()
        validators.delete()
        counts["runs"] += len(gone)
        for run in gone:
            tell(run)
        _note(line, counts, finished=False)
    return line


def _line(team: Team, repositories: Repositories, who: str, asked: int | None) -> AuditLine:
    """That of what was asked for, if somebody began with it already."""
    detail: dict[str, Any] = {"repositories": named(repositories)}
    if asked is not None:
        begun = AuditLine.for_team(team).filter(action=ACTION, detail__asked=asked).first()
        if begun is not None:
            return begun
        detail["asked"] = asked
    return AuditLine.objects.create(team=team, who=who, action=ACTION, detail=detail)


def _purge_stream(key: StreamKey, line: AuditLine, counts: Counter[str]) -> None:
    place = dict(zip(streams.COLUMNS, key, strict=True))
    gone: Counter[str] = Counter()
    with open_gate(ACTION):
        if not streams.lock([key]):
            return  # another purge was here first
        outcome = Outcome()
        # A stream without events yields no rows: the writer deletes those that events made and makes each
        # shared commit again from the links that are left.
        write([Projection(key)], outcome)
        for table, changes in outcome.by_table.items():
            gone[table] += changes["deleted"]
        stream = Stream.objects.filter(**place)
        events = RawGitHubEvent.objects.filter(**place)
        fetches = set(events.exclude(fetch=None).values_list("fetch_id", flat=True))
        ParkedEvent.objects.filter(Q(event__in=events) | Q(stream__in=stream)).delete()
        SkippedEvent.objects.filter(event__in=events).delete()
        # A backfill that began meanwhile may have written some: GitHub would say that all is as it was.
        Validator.objects.filter(team_id=key[0], repository_id=key[1]).delete()
        gone["events"] += _delete_events(key)
        gone["requests"] += _delete_unused(fetches)
        gone["streams"] += stream.delete()[1]["ingest.Stream"]
        gone["repositories"] += _delete_repository(key)
        _note(line, gone, finished=False)
    counts += gone


def _delete_events(key: StreamKey) -> int:
    where = " AND ".join(f"{column} = %s" for column in streams.COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {sql.quoted(RawGitHubEvent)} WHERE {where}", key)
        return int(cursor.rowcount)


def _delete_unused(fetches: Iterable[int]) -> int:
    """Of these requests, those that no event points at: items of one answer may lie in several streams."""
    fetch, event = sql.quoted(Fetch), sql.quoted(RawGitHubEvent)
    table, params = sql.key_table([(pk,) for pk in fetches], id="bigint")
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {fetch} WHERE id IN (SELECT k.id FROM {table})"
            f" AND NOT EXISTS (SELECT 1 FROM {event} e WHERE e.fetch_id = {fetch}.id)",
            params,
        )
        return int(cursor.rowcount)


def _delete_repository(key: StreamKey) -> int:
    """What it was called goes with its last stream."""
    team_id, repository_id, _ = key
    if Stream.objects.filter(team_id=team_id, repository_id=repository_id).exists():
        return 0
    return Repository.objects.filter(team_id=team_id, github_repo_id=repository_id).delete()[0]


def _note(line: AuditLine, gone: Counter[str], *, finished: bool) -> None:
    """Added to what stands there: a worker that was taken for dead may be at the same act."""
    row = AuditLine.objects.select_for_update(no_key=True).get(pk=line.pk)
    deleted = Counter(row.detail.get("deleted", {})) + gone
    row.detail |= {"deleted": dict(sorted(deleted.items())), "finished": finished}
    row.save(update_fields=["detail"])
