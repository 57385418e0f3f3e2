"""The e-mail with an invitation. Without a mail server nothing is sent: the link would end in a log."""

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from apps.teams.models import Invitation

log = structlog.get_logger(__name__)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Whether the mail server took it."""
    if not settings.EMAIL_URL:
        return False
    text = render_to_string("teams/invitation.txt", {"invitation": invitation, "link": link})
    # A team's name may hold a line break, which the head of a mail may not.
    subject = " ".join(f"[tformance] You are invited to {invitation.team.name}".split())
    try:
        return send_mail(subject, text, None, [invitation.email]) == 1
    except (SMTPException, OSError) as error:
        log.warning("invitation_not_sent", team=invitation.team.slug, error=type(error).__name__)
        return False
