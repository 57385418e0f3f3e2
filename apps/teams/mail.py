"""The e-mail with an invitation. Without a mail server nothing is sent: the link would end in a log.

A team has a limit a day: where everybody may sign up, a team is a way to send mail to anybody in our name.
"""

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import timezone

from apps.teams.models import Invitation, Team

log = structlog.get_logger(__name__)

MAILS_A_DAY = 50
DAY = 24 * 3600


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Whether the mail server took it."""
    if not settings.EMAIL_URL or not _within_limit(invitation.team):
        return False
    text = render_to_string("teams/invitation.txt", {"invitation": invitation, "link": link})
    # A team's name may hold a line break, which the head of a mail may not.
    subject = " ".join(f"[tformance] You are invited to {invitation.team.name}".split())
    try:
        return send_mail(subject, text, None, [invitation.email]) == 1
    except (SMTPException, OSError) as error:
        log.warning("invitation_not_sent", team=invitation.team.slug, error=type(error).__name__)
        return False


def _within_limit(team: Team) -> bool:
    """Counts this one."""
    key = f"invitations-{team.pk}-{timezone.now():%Y-%m-%d}"
    sent: int = cache.get(key, 0) + 1
    cache.set(key, sent, DAY)
    return sent <= MAILS_A_DAY
