"""Purges, asked for on a page or by the command. No backfill begins meanwhile; killed, another goes on."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.integrations.models import GitHubIntegration, Purge
from apps.teams.models import Team
from ingest.log.purging import purge, streams_of
from ingest.models import Run
from ingest.runs.changes import cancel

State = Purge.State

# A worker that was silent for so long is gone: a stream goes in one transaction, which may take a while.
SILENT = timedelta(minutes=2)
# How often the row says how far it is.
BEAT_SECONDS = 1.0


class NotBegun(Exception):
    """No backfill of a repository may begin now; the sentence says why."""


class BeingPurged(NotBegun):
    """What was stored of a repository is being deleted: what was fetched meanwhile would go too, or half."""


def living(team: Team, github_repo_id: int) -> Purge | None:
    """The purge that a repository is in, its own or the team's."""
    return (
        Purge.for_team(team)
        .filter(github_repo_id__in=(0, github_repo_id), state__in=Purge.LIVING)
        .order_by("github_repo_id")
        .first()
    )


def being_purged(team: Team, repositories: Collection[int]) -> set[int]:
    """Which of these, by GitHub's id, are in a purge."""
    alive = Purge.for_team(team).filter(state__in=Purge.LIVING, github_repo_id__in=[0, *repositories])
    ids = set(alive.values_list("github_repo_id", flat=True))
    return set(repositories) if 0 in ids else ids


def hold(team: Team) -> None:
    """Until the transaction ends nobody asks for a purge of this team, and nobody begins a backfill of it."""
    rows = GitHubIntegration.objects.select_for_update(no_key=True).filter(team=team)
    list(rows.order_by("pk").values_list("pk", flat=True))


def refuse_purged(team: Team, github_repo_id: int, full_name: str) -> None:
    """Raises BeingPurged."""
    if living(team, github_repo_id) is not None:
        raise BeingPurged(f"What was stored of {full_name} is being deleted. Sync it when that is done.")


def ask(team: Team, github_repo_id: int, full_name: str, who: str) -> Purge:
    """The living purge of a repository (0: of the whole team), made where there is none.

    Backfills that live are cancelled: what they fetched meanwhile would go half. From here on none begins.
    """
    chosen = None if github_repo_id == 0 else {github_repo_id: full_name}
    values = {"full_name": full_name, "who": who, "streams": streams_of(team, chosen).count()}
    try:
        with transaction.atomic():
            # Who begins a backfill just now has it committed before, and it is cancelled, or is refused.
            hold(team)
            asked = Purge.objects.create(team=team, github_repo_id=github_repo_id, **values)
    except IntegrityError:
        asked = Purge.for_team(team).get(github_repo_id=github_repo_id, state__in=Purge.LIVING)
    for run in _backfills(team, github_repo_id).filter(state__in=Run.ACTIVE):
        cancel(run)
    return asked


def due(now: datetime) -> QuerySet[Purge]:
    """Those whose message was lost, or whose worker is gone."""
    silent = Q(heartbeat_at=None, created_at__lt=now - SILENT) | Q(heartbeat_at__lt=now - SILENT)
    return Purge.objects.filter(silent, state__in=Purge.LIVING).order_by("pk")


def is_silent(asked: Purge, now: datetime) -> bool:
    """No worker gives a sign of life; beat sees to it."""
    return (asked.heartbeat_at or asked.created_at) < now - SILENT


def is_worked_on(asked: Purge, now: datetime) -> bool:
    """Whether somebody deletes, as far as can be told."""
    mine = Purge.objects.filter(pk=asked.pk)
    return mine.filter(state=State.RUNNING, heartbeat_at__gte=now - SILENT).exists()


def take_back(asked: Purge, who: str) -> None:
    """No worker goes on with what is left of a purge, as who asked for it stopped it. One that somebody else
    asked for is left to workers."""
    Purge.objects.filter(pk=asked.pk, who=who).delete()


def work_on(
    purge_id: int,
    progress: Callable[[Counter[str]], None] = lambda counts: None,
    clock: Callable[[], float] = time.monotonic,
    *,
    who: str = "",
) -> bool:
    """Delete until nothing is left. False, with nothing done, where somebody else does or it is done.

    `progress` is called after each stream with the counts by kind of what went; what it raises ends it. What
    `who` asked for is gone on with at once: two at one purge only share its streams.
    """
    asked = _take(purge_id, who)
    if asked is None:
        return False
    done, beaten = Counter(asked.deleted), clock()

    def step(counts: Counter[str]) -> None:
        nonlocal beaten
        if clock() - beaten >= BEAT_SECONDS:
            beaten = clock()
            _note(asked, deleted=dict(done + counts))
        progress(counts)

    chosen = None if asked.github_repo_id == 0 else {asked.github_repo_id: asked.full_name}
    while True:
        done = done + purge(asked.team, chosen, asked.who, step, asked=asked.pk)
        # One that slipped in all the same would say that what is deleted is covered. None begins any more.
        if not _backfills(asked.team, asked.github_repo_id).exists():
            break
    _note(asked, deleted=dict(done), state=State.DONE, finished_at=timezone.now())
    return True


def _take(purge_id: int, who: str) -> Purge | None:
    now = timezone.now()
    free = Q(state=State.ASKED) | Q(state=State.RUNNING, heartbeat_at__lt=now - SILENT)
    free |= Q(state=State.RUNNING, who=who)
    taken = Purge.objects.filter(free, pk=purge_id).update(state=State.RUNNING, heartbeat_at=now)
    return Purge.objects.select_related("team").get(pk=purge_id) if taken else None


def _note(asked: Purge, **fields: Any) -> None:
    Purge.objects.filter(pk=asked.pk).update(heartbeat_at=timezone.now(), **fields)


def _backfills(team: Team, github_repo_id: int) -> QuerySet[Run]:
    found = Run.for_team(team).filter(kind=Run.Kind.BACKFILL)
    return found.filter(github_repo_id=github_repo_id) if github_repo_id else found
