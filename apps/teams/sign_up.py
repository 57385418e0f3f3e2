"""Who may sign up: everybody, or whom a team invited (the setting `SIGN_UP`)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import SignupForm
from allauth.core import context
from django.conf import settings
from django.forms import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from apps.teams.invitations import still_open
from apps.teams.models import Invitation
from apps.users.models import User

# In the session: the digest of the token in the link that was opened last.
OPENED = "opened_invitation"


def opened_invitation(request: HttpRequest) -> Invitation | None:
    """None too when it was used, revoked or has expired since."""
    opened = request.session.get(OPENED)
    return still_open(opened, timezone.now()) if opened else None


def open_to_all() -> bool:
    """The first user of a new server is who runs it."""
    return settings.SIGN_UP == "open" or (settings.SIGN_UP == "" and not User.objects.exists())


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return open_to_all() or opened_invitation(request) is not None

    def is_safe_url(self, url: str) -> bool:
        """This site alone: allauth takes all ALLOWED_HOSTS for it, and another port is another site."""
        here, secure = {context.request.get_host()}, context.request.is_secure()
        return bool(url_has_allowed_host_and_scheme(url, here, require_https=secure))


class SignUpForm(SignupForm):  # type: ignore[misc]
    """With an invitation only its address may be used, unless everybody may sign up."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.only_for = "" if open_to_all() else self._invited()
        if self.only_for:
            self.fields["email"].initial = self.only_for
            self.fields["email"].widget.attrs["readonly"] = True

    @property
    def who_may(self) -> str:
        if self.only_for:
            return f"You were invited as {self.only_for}."
        if settings.SIGN_UP == "open":
            return "Everybody may sign up here."
        return "You are the first: after you, only who is invited to a team can sign up."

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if self.only_for and email != self.only_for:
            raise ValidationError(f"The invitation is for {self.only_for}. Use that address.")
        return email

    def _invited(self) -> str:
        invitation = opened_invitation(context.request)
        return invitation.email if invitation else ""
