"""The way into a team that a command made, which has no member yet."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from apps.teams.invitations import AlreadyInvited, AlreadyMember, invite, link_to, renew
from apps.teams.models import Membership, Team

COMMAND = "manage.py invite"


class Command(BaseCommand):
    help = (
        "Prints a link with which the owner of an e-mail address joins a team, after signing up where they "
        "have no account. It is good once, for seven days. A second call prints another; the old one is void."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--team", required=True, metavar="SLUG")
        parser.add_argument(
            "--role",
            choices=Membership.Role.values,
            help="default: admin where the team has none, else member",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].lower()
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{options['email']!r} is no e-mail address.", returncode=2) from None
        team = Team.objects.filter(slug=options["team"]).first()
        if team is None:
            raise CommandError(f"There is no team {options['team']!r}.", returncode=2)
        has_admin = team.memberships.filter(role=Membership.Role.ADMIN).exists()
        role = options["role"] or (Membership.Role.MEMBER if has_admin else Membership.Role.ADMIN)
        try:
            _, token = invite(team, email, role, COMMAND, timezone.now())
        except AlreadyInvited:
            token = renew(team.invitations.select_related("team").get(email=email), COMMAND, timezone.now())
        except AlreadyMember:
            raise CommandError(f"{email} is a member of {team.name} already.") from None
        self.stdout.write(link_to(token))
