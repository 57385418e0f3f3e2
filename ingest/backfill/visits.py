"""What earlier backfills know of pull requests: those that are whole in the log and unchanged since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from ingest.models import Stream, Visit

from .items import Pull
from .work import Work

# `updated_at` has whole seconds: what was fetched in the second of an update may lack the next one in it.
SETTLED = timedelta(seconds=2)


def visits(team_id: int, repository_id: int, numbers: Iterable[int]) -> dict[int, Visit]:
    """The last visits of these pull requests, by number."""
    found = Visit.objects.filter(
        stream__team_id=team_id, stream__repository_id=repository_id, stream__number__in=list(numbers)
    ).select_related("stream")
    return {visit.stream.number: visit for visit in found}


def is_unchanged(visit: Visit, listed: Pull) -> bool:
    """Whether nothing need be fetched."""
    updated, answered = visit.pull_updated_at, visit.answered_at
    if updated is None or answered is None or updated != listed.updated_at:
        return False
    return answered - updated >= SETTLED


def due(work: Work, listed: Iterable[Pull]) -> list[int]:
    """Of the pull requests of a page, the numbers of those that are to be fetched, in its order.

    A run fetches each once, however often its row comes by: what changes meanwhile is left to the next one,
    which asks for everything since this one's start and for what failed in this one.
    """
    pulls = {pull.number: pull for pull in listed}
    known = visits(work.team.pk, work.place.id, pulls)
    run_id = work.run.pk
    new = {n: visit for n, visit in known.items() if visit.run_id != run_id}
    unchanged = {n: visit.pk for n, visit in new.items() if is_unchanged(visit, pulls[n])}
    if unchanged:
        with work.lease.held():
            Visit.objects.filter(pk__in=unchanged.values()).update(run_id=run_id)
            work.counters.unchanged += len(unchanged)
            work.save()
    failed = set(work.owed.failed)
    return [n for n in pulls if n not in failed and (n not in known or (n in new and n not in unchanged))]


def remember(work: Work, whole: Mapping[int, tuple[datetime | None, datetime | None]]) -> None:
    """Pull requests of which everything is stored: by number, their `updated_at` and the answer's `Date`."""
    if not whole:
        return
    streams = Stream.for_team(work.team).filter(repository_id=work.place.id, number__in=list(whole))
    rows = [
        Visit(
            team=work.team,
            stream_id=pk,
            run_id=work.run.pk,
            pull_updated_at=whole[number][0],
            answered_at=whole[number][1],
        )
        for pk, number in streams.order_by("number").values_list("pk", "number")
    ]
    with work.lease.held():
        Visit.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["stream"],
            update_fields=["run_id", "pull_updated_at", "answered_at"],
        )
        work.counters.visited += len(whole)
        work.came(whole)
    work.tell()
