"""A new run of a backfill, or the one that a repository has already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from apps.teams.models import Team
from ingest.models import Run

from .coverage import coverage
from .fetcher import AUTO
from .window import Window


def start(
    team: Team, github_repo_id: int, full_name: str, window: Window, *, api: str = AUTO
) -> tuple[Run, bool]:
    """The repository's active run, and whether it is new. The database allows one at a time.

    `api`: rest, graphql, or auto: the run chooses when it begins, and says why.
    """
    scope = {"repository": full_name, "window": window.as_json(), "api": api}
    while True:
        # Looked for first: to insert beside one that a worker is just changing would wait for that worker.
        run = active(team, github_repo_id)
        if run is not None:
            return run, False
        try:
            with transaction.atomic():
                run = Run.objects.create(
                    team=team, kind=Run.Kind.BACKFILL, github_repo_id=github_repo_id, scope=scope
                )
                return run, True
        except IntegrityError:
            # Somebody was faster; and that one may have ended since.
            continue


def start_many(
    team: Team, repositories: Mapping[int, str], window: Window, *, api: str = AUTO, who: str = ""
) -> list[Run]:
    """New runs of those repositories, by GitHub's id with their names, that have no active one."""
    scope = {"window": window.as_json(), "api": api, "who": who}
    ids = set(repositories) - set(
        Run.for_team(team)
        .filter(kind=Run.Kind.BACKFILL, github_repo_id__in=list(repositories), state__in=Run.ACTIVE)
        .values_list("github_repo_id", flat=True)
    )
    runs = [
        Run(
            team=team,
            kind=Run.Kind.BACKFILL,
            github_repo_id=key,
            scope={"repository": repositories[key], **scope},
        )
        for key in repositories
        if key in ids
    ]
    # Of another that began meanwhile the database keeps the first.
    Run.objects.bulk_create(runs, ignore_conflicts=True)
    made = Run.for_team(team).filter(kind=Run.Kind.BACKFILL, github_repo_id__in=ids, state__in=Run.ACTIVE)
    return list(made.order_by("pk"))


def active(team: Team, github_repo_id: int) -> Run | None:
    return _runs(team, github_repo_id).filter(state__in=Run.ACTIVE).first()


def watermark(team: Team, github_repo_id: int) -> datetime | None:
    """By GitHub's clock: what was updated before is stored, as far back as `coverage` says.

    The start of the last complete run that reached back to the one before it. Never its end, as changes made
    during a run may be missing; a run that failed or waits moves nothing.
    """
    known = coverage(team.pk, github_repo_id)
    return known.until if known else None


def _runs(team: Team, github_repo_id: int) -> QuerySet[Run]:
    return Run.for_team(team).filter(kind=Run.Kind.BACKFILL, github_repo_id=github_repo_id)
