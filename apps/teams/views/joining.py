"""What an invited person meets."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from apps.teams.invitations import OtherAddress, Void, accept, digest
from apps.teams.sign_up import OPENED, opened_invitation


@require_safe
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Keeps the link's digest in the session, so that the token is in no further address and no Referer."""
    request.session[OPENED] = digest(token)
    return redirect("teams:join")


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    invitation = opened_invitation(request)
    if invitation is None:
        return render(request, "teams/void.html", status=404)
    if request.method == "POST" and request.user.is_authenticated:
        try:
            accept(invitation, request.user, timezone.now())
        except OtherAddress:
            return render(request, "teams/join.html", {"invitation": invitation}, status=403)
        except Void:
            return render(request, "teams/void.html", status=404)
        del request.session[OPENED]
        messages.success(request, f"Welcome to {invitation.team.name}.")
        return redirect("dashboard:overview", invitation.team.slug)
    return render(request, "teams/join.html", {"invitation": invitation})
