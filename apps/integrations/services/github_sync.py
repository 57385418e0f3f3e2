"""A tracked repository's history, from GitHub into the log and the tables."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction

from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.integrations.services.credentials import mark_revoked
from apps.integrations.services.github_client import client_for
from apps.integrations.services.purges import NotBegun, refuse_purged
from ingest.backfill.performing import Wait, perform
from ingest.backfill.report import report
from ingest.backfill.repository import Repository
from ingest.backfill.starting import start
from ingest.backfill.window import DAYS, Window
from ingest.backfill.work import Progress
from ingest.github.errors import CredentialRevoked
from ingest.models import Run
from ingest.runs.lease import Lease, take
from ingest.runs.listeners import tell
from ingest.runs.waiting import nap


class NotFollowed(NotBegun):
    """Nobody would go on with the run."""


def begin(tracked: TrackedRepository, window: Window, who: str = "") -> tuple[Run, bool]:
    """The repository's active run, and whether it is new; one transaction with what follows from it.

    `who` asked for it: an e-mail, or who works at the terminal; empty where nobody did.

    Raises NotBegun where the repository is being purged, or is not followed any more: a run that is complete
    while a purge goes on would say that what is deleted is stored.
    """
    with transaction.atomic():
        # The connection first, as whoever makes runs has it: so nobody waits for a run that another makes. A
        # run that is there is only looked at, for who changes it has its row and waits for the connection.
        now = locked(tracked.team_id, tracked.github_repo_id)
        refuse_purged(tracked.team, tracked.github_repo_id, tracked.full_name)
        if now is None or not now.is_active:
            raise NotFollowed(f"{tracked.full_name} is not followed any more, so nothing is fetched.")
        run, new = start(tracked.team, tracked.github_repo_id, tracked.full_name, window)
        if new:
            run.scope["who"] = who
            run.save(update_fields=["scope"])
            tell(run)
        return run, new


def locked(team_id: int, github_repo_id: int) -> TrackedRepository | None:
    """A repository's row as it is now. Until the transaction ends nobody follows it, stops to follow it, or
    asks for its purge: who does locks the connection, too."""
    rows = TrackedRepository.objects.filter(team=team_id, github_repo_id=github_repo_id)
    connections = list(rows.values_list("integration", flat=True))
    list(GitHubIntegration.objects.select_for_update(no_key=True).filter(pk__in=connections))
    return rows.first()


def sync_repository_history(tracked_repo: TrackedRepository, days_back: int | None = DAYS) -> dict[str, Any]:
    """Backfill here and now; `ingest.backfill.report.report` says what came of it. `days_back` None: all.

    Goes on with the repository's unfinished run where there is one. Ends at a rate limit, the run waiting.
    Raises NotBegun, NotFree where another process works on it, and what `perform` raises.
    """
    run, _ = begin(tracked_repo, Window(days_back))
    return report(go_on(run, paused=True))


def go_on(
    run: Run,
    credential: IntegrationCredential | None = None,
    *,
    paused: bool = False,
    replay: bool = True,
    wait: Wait | None = None,
    enough: Callable[[], bool] = lambda: False,
    repository: Repository | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
    lease: Lease | None = None,
) -> Run:
    """Work on a run with a token of its team; without one, with that of the repository's connection.

    `paused`: go on with a paused run too. `lease`: of this run, where the caller has it. The rest: see
    `perform`. Raises NotFree, and what `perform` raises.
    """
    credential = credential or credential_of(run)
    lease = lease or take(run, paused=paused)
    with client_for(
        credential,
        secondary_repeats=run.cursor.get("secondary_repeats", 0),
        sleep=partial(nap, beat=lease.beat, sleep=sleep),
    ) as client:
        try:
            return perform(
                lease,
                client,
                replay=replay,
                wait=wait,
                enough=enough,
                repository=repository,
                progress=progress,
            )
        except CredentialRevoked as error:
            mark_revoked(credential, str(error))
            raise


def credential_of(run: Run) -> IntegrationCredential:
    """Raises CredentialRevoked where the repository is not followed any more."""
    tracked = (
        TrackedRepository.objects.filter(
            team=run.team_id, github_repo_id=run.github_repo_id or 0, is_active=True
        )
        .select_related("integration__credential")
        .first()
    )
    if tracked is None:
        raise CredentialRevoked(f"The repository of run {run.pk} is not followed any more.")
    return tracked.integration.credential
