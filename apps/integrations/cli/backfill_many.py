"""`manage.py backfill OWNER`: all repositories of an account, in turns, in the foreground."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from apps.integrations.cli.backfill_progress import Screen
from apps.integrations.cli.backfill_turns import Turns
from apps.integrations.models import IntegrationCredential, TrackedRepository
from apps.integrations.services.connecting.connections import Connection
from apps.integrations.services.github_client import pace
from apps.integrations.services.purges import BeingPurged, being_purged, hold, refuse_purged
from apps.integrations.services.repositories.listing import Item, repositories_of
from apps.integrations.services.repositories.planning import quota_reserve
from apps.integrations.services.repositories.planning_many import PlanOfMany, Wanted, plan_many
from apps.integrations.services.repositories.tracking import track
from apps.integrations.services.sending import send_after_commit
from apps.integrations.tasks import continue_backfill
from apps.teams.models import Team
from ingest.backfill.repository import Repository
from ingest.backfill.starting import start_many
from ingest.backfill.window import Window
from ingest.cli import output
from ingest.cli.output import table
from ingest.cli.who import at_the_terminal
from ingest.github.client import GitHubClient
from ingest.models import Run


def run(
    command: BaseCommand,
    connection: Connection,
    window: Window,
    screen: Screen,
    options: dict[str, Any],
    ask: Callable[[Callable[[GitHubClient], Any]], Any],
) -> int:
    """Do what the options say; returns the exit status. `ask`: asks GitHub, waiting for a limit."""
    account, started = options["repository"], time.monotonic()
    items = ask(lambda client: choose(client, account, archived=options["archived"]))
    as_json = options["format"] == "json"
    if options["plan"]:
        found = ask(lambda client: plan(client, items, window, connection.team))
        if as_json:
            output.print_json(command.stdout, {"owner": account, **found.as_json()})
        else:
            show_plan(output.console(command.stdout), found, account, window)
        return 0
    team, credential = connection.make()
    followed = follow(team, credential, items)
    if options["queue"]:
        runs = queue(team, followed, window, options["api"])
        if as_json:
            output.print_json(command.stdout, {"owner": account, "queued": [one.pk for one in runs]})
        else:
            command.stdout.write(f"{len(runs):,} runs are queued for workers: manage.py runs list")
        return 0
    turns = Turns(
        followed,
        credential,
        window,
        screen,
        api=options["api"],
        replay=not options["no_replay"],
        wait=not options["no_wait"],
    )
    try:
        turns.go()
    except KeyboardInterrupt:
        screen.say("stopped; the same command goes on")
        raise
    report = turns.report(account, time.monotonic() - started)
    if as_json:
        output.print_json(command.stdout, report)
    else:
        show(output.console(command.stdout), report)
    return output.WAITING if turns.limited else output.FAILED if report["failed"] else 0


def choose(client: GitHubClient, account: str, *, archived: bool) -> list[Item]:
    """The account's repositories, the last pushed to first. Raises a GitHubError."""
    found = [item for item in repositories_of(client, account) if archived or not item.archived]
    never = [item for item in found if item.pushed_at is None]
    pushed = [item for item in found if item.pushed_at is not None]
    return sorted(pushed, key=lambda item: (item.pushed_at, item.id), reverse=True) + never


def plan(client: GitHubClient, items: Sequence[Item], window: Window, team: Team | None) -> PlanOfMany:
    """Raises a GitHubError."""
    return plan_many(
        client,
        [Wanted(item.id, item.full_name) for item in items],
        window,
        team_id=team.pk if team else None,
        per_second=pace(),
        reserve=quota_reserve(),
    )


def follow(team: Team, credential: IntegrationCredential, items: Sequence[Item]) -> list[TrackedRepository]:
    """Their rows, made where absent; those whose data is being deleted are left out."""
    found = []
    for item in items:
        owner = item.owner
        place = Repository(
            item.id,
            item.full_name,
            owner.login if owner else item.full_name.partition("/")[0],
            owner.id if owner else 0,
            None,
        )
        try:
            refuse_purged(team, item.id, item.full_name)
        except BeingPurged:
            continue
        found.append(track(team, place, credential))
    return found


def queue(team: Team, followed: Sequence[TrackedRepository], window: Window, api: str) -> list[Run]:
    """Leave the work to workers."""
    with transaction.atomic():
        hold(team)
        purged = being_purged(team, [one.github_repo_id for one in followed])
        names = {one.github_repo_id: one.full_name for one in followed if one.github_repo_id not in purged}
        runs = start_many(team, names, window, api=api, who=at_the_terminal())
        if runs:
            send_after_commit(continue_backfill, runs[0].pk)
    return runs


def show_plan(screen: Any, found: PlanOfMany, account: str, window: Window) -> None:
    screen.print(f"{account}, {found.repositories:,} repositories: {window}")
    if found.chosen is None:
        screen.print(found.problem or "Nothing could be counted.")
        return
    rows = table("", "", show_header=False)
    chosen = found.chosen
    rows.add_row("pull requests, about", f"{found.pull_requests:,}")
    if found.unchanged:
        rows.add_row("of these stored already", f"{found.unchanged:,}")
    rows.add_row("requests, about", f"{chosen.requests:,}")
    rows.add_row("minutes, about, with waits for quota", f"{found.minutes:,}")
    if chosen.rate is not None:
        rows.add_row("quota now, without the reserve", f"{chosen.rate.remaining:,} of {chosen.rate.limit:,}")
    screen.print(rows)
    if found.choice:
        screen.print(found.choice.reason)
    for name in found.unseen:
        screen.print(f"GitHub does not show {name} to this token.")
    screen.print(f"Nothing was stored; this took {found.asked:,} requests.")


def show(screen: Any, report: dict[str, Any]) -> None:
    screen.print(
        f"{report['owner']}: {report['complete']:,} of {len(report['repositories']):,} repositories "
        f"complete, {report['pull_requests']:,} pull requests, {report['requests']:,} requests "
        f"in {report['seconds']:,} s"
    )
    for line in report["repositories"]:
        if line["problem"]:
            screen.print(f"  {line['repository']}: {line['problem']}")
