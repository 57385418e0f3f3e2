"""`manage.py rotate_webhook_secret --team SLUG`: a new secret for the team's webhooks, in the foreground."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.integrations.models import TrackedRepository
from apps.integrations.services.webhooks import rotation as webhook_rotation
from apps.integrations.services.webhooks.registration import settle
from apps.teams.models import Team
from ingest.cli import output
from ingest.cli.who import at_the_terminal


class Command(BaseCommand):
    help = (
        "Makes a new secret for a team's webhooks and tells it to GitHub for each of them. The former one, "
        "where a key opens it, is taken as well until all have the new one. While some lack it, the same "
        "command makes no third and tries those again; so does beat. Exit status: 1 where some lack it, 2 "
        "wrong usage."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", metavar="SLUG", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            raise CommandError(f"there is no team {options['team']!r}", returncode=output.USAGE)
        try:
            webhook_rotation.rotate(team, at_the_terminal())
        except (webhook_rotation.NoSecret, ImproperlyConfigured) as error:
            raise CommandError(str(error), returncode=output.FAILED) from None
        for tracked in webhook_rotation.behind(team):
            self._tell(tracked)
        standing = webhook_rotation.standing(team)
        if standing.old:
            raise CommandError(
                f"{standing.old} of {standing.hooks} webhooks have the former secret. {standing.meanwhile}"
                " The same command goes on.",
                returncode=output.FAILED,
            )
        self.stdout.write(f"All {standing.hooks} webhooks have the new secret; the former is forgotten.")

    def _tell(self, tracked: TrackedRepository) -> None:
        # GitHub bans who asks before its limit is over.
        if tracked.webhook_not_before is None or tracked.webhook_not_before <= timezone.now():
            settle(tracked.pk)
            tracked.refresh_from_db()
        said = tracked.webhook_problem if tracked.webhook_secret_old else "has the new secret"
        self.stderr.write(f"{tracked.full_name}: {said}")
