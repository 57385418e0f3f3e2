"""Beginning a replay as a run, or finding the one to go on with."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.metrics.projection.version import VERSION
from apps.teams.models import Team
from ingest.models import AuditLine, Run
from ingest.runs.changes import cancel, resume

from .fingerprint import fingerprint
from .looks import MODES
from .scope import Scope, team_by_slug
from .sharing import WORKED_ON, is_alive

ACTION = "replay"


def start_replay(scope: Scope, who: str, mode: str = "replay") -> Run:
    """Queue a replay of one team's events for the workers; they are told after the commit.

    `mode`: also `dry-run` or `verify`, whose report is in the run's row at the end.

    Where the same was asked and is not over, that run is returned, whatever its state: a second click opens
    the first one's. `who`: the user's e-mail, for the audit. Raises UnknownScope; ValueError without a
    team.
    """
    from ingest.tasks import tell_workers

    if not scope.team:
        raise ValueError("a run is of one team: the scope names none")
    scope.streams()  # names what there is
    team = team_by_slug(scope.team)
    with transaction.atomic():
        # One at a time, so that two clicks at once are a second one.
        Team.objects.select_for_update().get(pk=team.pk)
        run = _same(team, scope, mode) or _create(team, scope, who, mode)
        if run.state == Run.State.QUEUED:
            transaction.on_commit(lambda: tell_workers(run))
    return run


def begin(scope: Scope, who: str) -> Run:
    """For a process that works on it at once: the interrupted run of this scope by this code, else a new one.

    One that others are at is left to them: another run of the same scope harms nobody.
    """
    team = team_by_slug(scope.team or "")
    # What is pending, parked or stale is other streams by now: those scopes begin at the beginning.
    old = None if scope.shrinks else _same(team, scope)
    if old is not None and not is_alive(old, timezone.now()) and (resume(old) or old.state in WORKED_ON):
        return old
    with transaction.atomic():
        run = _create(team, scope, who)
    _drop_interrupted(run)
    return run


def _drop_interrupted(run: Run) -> None:
    """Of the same scope, and nobody will go on with them: this run does all that they would."""
    now = timezone.now()
    others = Run.for_team(run.team).filter(kind=Run.Kind.REPLAY, scope=run.scope, pk__lt=run.pk)
    for other in others.filter(state__in=(Run.State.PAUSED, Run.State.RUNNING)):
        if other.state == Run.State.PAUSED or not is_alive(other, now):
            cancel(other)


def _same(team: Team, scope: Scope, mode: str = "replay") -> Run | None:
    """The newest run of this scope that is not over, if the code is still what it was: half of the rows made
    by an old formula would stay for ever."""
    active = Run.for_team(team).filter(kind=Run.Kind.REPLAY, state__in=Run.ACTIVE, scope=_asked(scope, mode))
    old = active.order_by("pk").last()
    return old if old is not None and old.cursor.get("code") == fingerprint() else None


def _create(team: Team, scope: Scope, who: str, mode: str = "replay") -> Run:
    asked = _asked(scope, mode)
    cursor = {"code": fingerprint(), "version": VERSION}
    run = Run.objects.create(team=team, kind=Run.Kind.REPLAY, scope=asked, cursor=cursor)
    if mode == "replay":
        AuditLine.objects.create(team=team, who=who, action=ACTION, detail={"run": run.pk, "scope": asked})
    return run


def _asked(scope: Scope, mode: str) -> dict[str, Any]:
    return scope.as_json() | ({"mode": mode} if mode in MODES else {})
