"""Whose account it is that GitHub signs in: of who is linked to it by GitHub's id, else by an address.

GitHub vouches for an address with `verified`. That alone opens no account that is there already: somebody
may have signed up here with an address that is not theirs, and wait for its owner. The address has to be
confirmed here too, or its owner signs in with the password and links GitHub.
"""

from __future__ import annotations

from typing import Any, NoReturn

import structlog
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse

from apps.integrations.services.github_oauth import error_word
from apps.integrations.sign_in import sentences
from apps.integrations.sign_in.github import Failed, GitHub, this_app
from apps.integrations.sign_in.refusing import refuse
from apps.teams.access import signed_in
from apps.teams.models import Invitation
from apps.teams.sign_up import open_to_all, opened_invitation
from apps.users.models import User

log = structlog.get_logger(__name__)


class Adapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> GitHub:
        return GitHub(request, app=this_app())

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            link(request, sociallogin)
            raise ImmediateHttpResponse(redirect("account"))
        if request.user.is_authenticated:
            refuse(request, sentences.SIGNED_IN_MEANWHILE)
        if not sociallogin.is_existing:
            find_or_begin(request, sociallogin)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: GitHub,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        state = (extra_context or {}).get("state")
        if state is None:
            refuse(request, sentences.STALE, status=400, again=True)
        next_url = state.get("next", "")
        if isinstance(exception, Failed):
            refuse(request, str(exception), again=True, next_url=next_url)
        word = "access_denied" if error == AuthError.CANCELLED else request.GET.get("error", "unknown")
        refuse(request, sentences.of_authorize(error_word(word)), again=True, next_url=next_url)


def link(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """To who is signed in; a message says what came of it."""
    login, user = sociallogin.account.extra_data["login"], signed_in(request)
    if sociallogin.is_existing and sociallogin.user != user:
        messages.error(
            request,
            f"{login} is linked to another account here. Sign in with GitHub to get there, or unlink it.",
        )
    elif sociallogin.is_existing:
        messages.info(request, f"{login} is linked to your account already.")
    elif linked(user).exists():
        messages.error(request, "Another GitHub account is linked to yours. Unlink it first.")
    else:
        sociallogin.connect(request, user)
        log.info("github_account_linked", user=user.pk)
        messages.success(request, f"{login} is linked: from now on GitHub signs you in.")


def find_or_begin(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Links to the account with an address of the person, or prepares a new one; else ends with a page."""
    login = sociallogin.account.extra_data["login"]
    addresses = [one.email for one in sociallogin.email_addresses]
    if not addresses:
        refuse(request, sentences.NO_ADDRESS, again=True)
    invitation = opened_invitation(request)
    if invitation is not None and invitation.email in addresses:
        addresses = [invitation.email]
    held = [(address, user) for address in addresses for user in filter_users_by_email(address)]
    if held:
        _link_by_address(request, sociallogin, held)
        return
    if not open_to_all() and (invitation is None or invitation.email != addresses[0]):
        _refuse_to_begin(request, invitation, login, addresses[0])
    sociallogin.user.email = addresses[0]
    sociallogin.email_addresses = [EmailAddress(email=addresses[0], verified=True, primary=True)]


def _link_by_address(request: HttpRequest, sociallogin: SocialLogin, held: list[tuple[str, User]]) -> None:
    address, user = held[0]
    confirmed = EmailAddress.objects.filter(user=user, email=address, verified=True).exists()
    if {one.pk for _, one in held} != {user.pk} or not confirmed or linked(user).exists():
        login = sociallogin.account.extra_data["login"]
        problem = sentences.TAKEN.format(address=address, login=login)
        to_sign_in = f"{reverse('account_login')}?next={reverse('account')}"
        refuse(request, problem, link=(to_sign_in, "Sign in with the password"))
    sociallogin.connect(request, user)
    log.info("github_account_linked", user=user.pk)


def _refuse_to_begin(
    request: HttpRequest, invitation: Invitation | None, login: str, address: str
) -> NoReturn:
    if invitation is None:
        refuse(request, sentences.BY_INVITATION.format(login=login, address=address))
    problem = sentences.OTHER_ADDRESS.format(invited=invitation.email, login=login, address=address)
    joining = reverse("teams:join")
    to_sign_up = (f"{reverse('account_signup')}?next={joining}", "Sign up with a password")
    refuse(request, problem, again=True, next_url=joining, link=to_sign_up)


def end_links(user: User, **signal: Any) -> None:
    """Whoever resets a password by mail owns the address; the link may be of somebody who only claimed it."""
    linked(user).delete()


def linked(user: User) -> QuerySet[SocialAccount]:
    found: QuerySet[SocialAccount] = SocialAccount.objects.filter(user=user)
    return found
