"""Following many repositories at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import transaction

from apps.integrations.listeners import refresh
from apps.integrations.models import AvailableRepository, GitHubIntegration, TrackedRepository
from apps.integrations.services.purges import being_purged
from apps.integrations.services.runs.leftover import cancel_leftover
from apps.integrations.services.sending import send_after_commit
from apps.integrations.tasks import continue_backfill
from apps.teams.models import Team
from ingest.backfill.starting import start_many
from ingest.backfill.window import Window
from ingest.models import AuditLine, Run

# In one transaction: on SQLite nobody else writes meanwhile.
AT_ONCE = 100


@dataclass
class Followed:
    """Names: `new` ones, those that were followed `before`, and those whose data is being deleted just now.
    `runs` were queued for the new ones."""

    new: list[str] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    purged: list[str] = field(default_factory=list)
    runs: int = 0


def follow_many(
    integration: GitHubIntegration, listed: Iterable[AvailableRepository], window: Window, who: str
) -> Followed:
    """Follow these repositories of the connection's list and queue their backfills; said twice, it is done
    once.

    Asks GitHub nothing. Workers make the webhooks, some a minute, and fetch in the order of `lanes`.
    """
    found = Followed()
    rest = iter(listed)
    while part := list(islice(rest, AT_ONCE)):
        cancel_leftover(team=integration.team, github_repo_id__in=[row.github_repo_id for row in part])
        _follow(integration, part, window, who, found)
    refresh(integration)
    return found


@transaction.atomic
def _follow(
    integration: GitHubIntegration,
    part: Sequence[AvailableRepository],
    window: Window,
    who: str,
    found: Followed,
) -> None:
    GitHubIntegration.objects.select_for_update(no_key=True).get(pk=integration.pk)
    team = integration.team
    names = {row.github_repo_id: row.full_name for row in part}
    purged = being_purged(team, names)
    known = {row.github_repo_id: row for row in _locked(team, names)}
    before = {key for key, row in known.items() if row.is_active}
    new = {key: name for key, name in names.items() if key not in purged | before}
    TrackedRepository.objects.bulk_create(
        [
            TrackedRepository(
                team=team,
                integration=integration,
                github_repo_id=key,
                full_name=name,
                webhook_wanted=True,
            )
            for key, name in new.items()
            if key not in known
        ],
        # Another connection of the team may have been faster.
        ignore_conflicts=True,
    )
    for key, row in known.items():
        if key in new:
            row.follow_again()
            row.webhook_wanted = True
            row.integration, row.full_name = integration, new[key]
            row.webhook_problem, row.webhook_not_before = "", None
            row.save()
    runs = start_many(team, new, window, who=who)
    _note(team, new, runs, window, who)
    if runs:
        send_after_commit(continue_backfill, runs[0].pk)
    found.new += new.values()
    found.before += [names[key] for key in names if key in before - purged]
    found.purged += [names[key] for key in names if key in purged]
    found.runs += len(runs)


def _locked(team: Team, names: dict[int, str]) -> Iterable[TrackedRepository]:
    rows = TrackedRepository.for_team(team).filter(github_repo_id__in=list(names))
    return rows.select_for_update().order_by("pk")


def _note(team: Team, new: dict[int, str], runs: Sequence[Run], window: Window, who: str) -> None:
    about = {"window": window.as_json()}
    lines = [
        AuditLine(
            team=team,
            who=who,
            action="track",
            detail={"repository": name, "github_repo_id": key, **about},
        )
        for key, name in new.items()
    ]
    lines += [
        AuditLine(
            team=team,
            who=who,
            action="sync",
            detail={
                "repository": run.scope["repository"],
                "github_repo_id": run.github_repo_id,
                "run": run.pk,
                **about,
            },
        )
        for run in runs
    ]
    AuditLine.objects.bulk_create(lines)
