"""Lanes: whose turn it is at GitHub.

GitHub counts by account, and advises one request after the other. So the runs of one account share a lane:
workers are at `GITHUB_CONNECTIONS` of them at once, each for one turn, and a limit that one of them met holds
for all. Nothing of it is kept but in the rows of the runs, so that no lane can be stuck.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from apps.integrations.models import AvailableRepository, IntegrationCredential, TrackedRepository
from apps.integrations.services.credentials import has_token
from apps.integrations.services.github_sync import credential_of
from apps.teams.models import Team
from ingest.github.errors import CredentialRevoked
from ingest.models import Run
from ingest.runs.lease import EXPIRES, HELD, Lease, NotFree, take

State, Source = Run.State, IntegrationCredential.Source


@dataclass(frozen=True)
class Lane:
    """`credentials`: those that GitHub counts together. `has_token`: whether this process could ask."""

    credentials: QuerySet[IntegrationCredential]
    has_token: bool = True

    def runs(self) -> QuerySet[Run]:
        """Its backfills that are not over."""
        return _active().filter(Exists(_followed().filter(integration__credential__in=self.credentials)))

    def busy(self, now: datetime) -> int:
        """How many of its runs somebody is at, a command at a terminal too."""
        alive = {"state__in": HELD, "heartbeat_at__gte": now - EXPIRES}
        return self.runs().exclude(lease="").filter(**alive).count()

    def limited_until(self, now: datetime) -> datetime | None:
        """A limit of GitHub's that one of its runs met."""
        met = self.runs().filter(not_before__gt=now).aggregate(until=Max("not_before"))
        until: datetime | None = met["until"]
        return until

    def waiting(self, now: datetime) -> QuerySet[Run]:
        """Its runs that a worker may go on with, in the order of their turns.

        Teams that share an account take turns. Of a team's runs those come first that had no turn yet, of
        these the repositories that were pushed to last; then who waited longest.
        """
        silent = Q(lease="") | Q(heartbeat_at__lt=now - EXPIRES)
        of_run = {"team": OuterRef("team"), "github_repo_id": OuterRef("github_repo_id")}
        return (
            self.runs()
            .filter(
                Q(state=State.QUEUED)
                | Q(silent, state=State.WAITING, not_before__lte=now)
                | Q(silent, state=State.RUNNING)
            )
            .alias(
                turn_at=Subquery(_followed().values("integration__credential__turn_at")[:1]),
                pushed_at=Subquery(
                    AvailableRepository.objects.filter(**of_run, pushed_at__isnull=False)
                    .order_by("-pushed_at")
                    .values("pushed_at")[:1]
                ),
            )
            .order_by(
                F("turn_at").asc(nulls_first=True),
                F("heartbeat_at").asc(nulls_first=True),
                F("pushed_at").desc(nulls_last=True),
                "pk",
            )
        )

    def free(self, now: datetime) -> int:
        """How many more workers may be at it."""
        if not self.has_token or self.limited_until(now) is not None:
            return 0
        places: int = settings.GITHUB_CONNECTIONS
        return max(0, places - self.busy(now))

    def calls(self, now: datetime) -> list[int]:
        """The runs to tell workers of: as many as there are free places."""
        free = self.free(now)
        return list(self.waiting(now).values_list("pk", flat=True)[:free]) if free else []


def lane_of(credential: IntegrationCredential) -> Lane:
    """The server's own token is one account; another account is known by its number at GitHub."""
    same = IntegrationCredential.objects.filter(provider=credential.provider)
    if credential.source == Source.ENVIRONMENT:
        # A command at a terminal may have one where the workers have none.
        return Lane(same.filter(source=Source.ENVIRONMENT), bool(settings.GITHUB_TOKEN))
    if credential.github_user_id is not None:
        return Lane(same.filter(github_user_id=credential.github_user_id).exclude(source=Source.ENVIRONMENT))
    return Lane(same.filter(pk=credential.pk))


def lane_of_run(run: Run) -> Lane | None:
    """None where the repository is not followed (any more)."""
    try:
        return lane_of(credential_of(run))
    except CredentialRevoked:
        return None


def lanes() -> list[Lane]:
    """Those with runs that are not over."""
    of_credential = TrackedRepository.objects.filter(
        is_active=True,
        integration__credential=OuterRef("pk"),
        # Of those alone it is looked whether it is this team's: SQLite would read all runs that they had.
        github_repo_id__in=_active().values("github_repo_id"),
    ).filter(Exists(_active().filter(team=OuterRef("team"), github_repo_id=OuterRef("github_repo_id"))))
    found: dict[tuple[str, object], Lane] = {}
    for credential in IntegrationCredential.objects.filter(Exists(of_credential)).order_by("pk"):
        by_hand = credential.source != Source.ENVIRONMENT
        account = (credential.github_user_id or f"row {credential.pk}") if by_hand else "environment"
        found.setdefault((credential.provider, account), lane_of(credential))
    return list(found.values())


def turns_of(team: Team, runs: Iterable[Run], now: datetime) -> dict[int, str]:
    """By run of this team: for what one waits that nobody is at, in a sentence; one that only needs a worker
    or GitHub's next hour is left out."""
    free = {run.github_repo_id or 0: run for run in runs if _is_free(run, now)}
    followed = (
        TrackedRepository.for_team(team)
        .filter(github_repo_id__in=free, is_active=True)
        .select_related("integration__credential")
    )
    sentences: dict[int, str] = {}
    found: dict[int, str] = {}
    for tracked in followed if free else ():
        credential, run = tracked.integration.credential, free[tracked.github_repo_id]
        if not has_token(credential):
            found[run.pk] = (
                f"It waits for GITHUB_TOKEN, with which {tracked.full_name} was followed and which this site"
                f" lacks. Where it is set, `manage.py backfill {tracked.full_name} --team {team.slug}` goes"
                " on with this run. Or set it for this site and its workers, and restart them."
            )
        elif run.state == State.QUEUED:
            if credential.pk not in sentences:
                sentences[credential.pk] = _sentence(lane_of(credential), now)
            if sentences[credential.pk]:
                found[run.pk] = sentences[credential.pk]
    return found


def _is_free(run: Run, now: datetime) -> bool:
    """Whether it needs somebody to go on with it."""
    silent = not run.lease or run.heartbeat_at is None or run.heartbeat_at < now - EXPIRES
    return run.state == State.QUEUED or (run.state in HELD and silent)


def _sentence(lane: Lane, now: datetime) -> str:
    until = lane.limited_until(now)
    if until is not None:
        return f"Waiting for its turn: GitHub's limit for this account is reached until {until:%H:%M} UTC."
    if lane.busy(now) >= settings.GITHUB_CONNECTIONS:
        return "Waiting for its turn: another repository is being fetched, one after the other."
    return ""


def take_turn(run: Run) -> Lease | None:
    """The lease of the run that is next in this one's lane. None where the lane has no free place, or a limit
    is not over: whose run it would have been stays as it is, and is told of again."""
    lane = lane_of_run(run)
    if lane is None:
        return None
    now = timezone.now()
    with transaction.atomic():
        # Two workers that count at once would both find the last place free.
        list(lane.credentials.select_for_update(no_key=True).order_by("pk"))
        if not lane.free(now):
            return None
        # This one last: it may be that of a process which is known to have died a moment ago.
        for one in (*lane.waiting(now).select_related("team")[:1], run):
            try:
                lease = take(one)
            except NotFree:
                continue
            IntegrationCredential.objects.filter(
                github_integration__tracked_repositories__team=one.team_id,
                github_integration__tracked_repositories__github_repo_id=one.github_repo_id or 0,
            ).update(turn_at=now)
            return lease
    return None


def _active() -> QuerySet[Run]:
    return Run.objects.filter(kind=Run.Kind.BACKFILL, state__in=Run.ACTIVE)


def _followed() -> QuerySet[TrackedRepository]:
    """Of a run in the query around it."""
    return TrackedRepository.objects.filter(
        team=OuterRef("team"), github_repo_id=OuterRef("github_repo_id"), is_active=True
    )
