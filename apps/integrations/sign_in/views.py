"""To GitHub's "Authorize" page, and back: for who is not signed in, and for who links their account."""

from __future__ import annotations

from allauth.account.utils import get_next_redirect_url
from allauth.decorators import rate_limit
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET

from apps.integrations.sign_in.github import FromGitHub, GitHub, this_app
from apps.integrations.sign_in.rules import linked
from apps.integrations.views.taking import take_from_address
from apps.teams.access import signed_in
from apps.users.github import is_offered


@rate_limit(action="login")
def sign_in(request: HttpRequest) -> HttpResponse:
    _only_if_offered()
    if request.user.is_authenticated:
        return redirect("dashboard:home")
    if request.method != "POST":
        return redirect("account_login")
    return _to_github(request, AuthProcess.LOGIN)


@login_required
@rate_limit(action="login")
def link(request: HttpRequest) -> HttpResponse:
    _only_if_offered()
    if request.method != "POST":
        return redirect("account")
    return _to_github(request, AuthProcess.CONNECT)


@login_required
def unlink(request: HttpRequest) -> HttpResponse:
    """Also while signing in with GitHub is not offered (any more)."""
    user = signed_in(request)
    if request.method == "POST" and linked(user).exists():
        if user.has_usable_password():
            linked(user).delete()
            messages.success(request, "GitHub does not sign you in here any more. Your password does.")
        else:
            messages.error(request, "Set a password first: without GitHub nothing else would sign you in.")
    return redirect("account")


@never_cache
@require_GET
@rate_limit(action="login", limit_get=True)
@sensitive_variables()
def callback(request: HttpRequest) -> HttpResponse:
    """Where GitHub sends everybody back to."""
    _only_if_offered()
    names = ("state", "code", "error")
    given = QueryDict(mutable=True)
    given.update(
        {name: value for name, value in zip(names, take_from_address(request, *names), strict=True) if value}
    )
    # allauth reads it from here; in a report of an error the values are masked.
    request.GET = given  # type: ignore[assignment]
    answer: HttpResponse = OAuth2CallbackView.adapter_view(FromGitHub)(request)
    return answer


def _to_github(request: HttpRequest, process: str) -> HttpResponse:
    github = GitHub(request, app=this_app())
    answer: HttpResponse = github.redirect(request, process=process, next_url=get_next_redirect_url(request))
    return answer


def _only_if_offered() -> None:
    if not is_offered():
        raise Http404("Nobody signs in with GitHub here.")
