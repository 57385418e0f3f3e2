"""Inviting to a team. The link is shown once, to the admin who made it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.teams.access import for_admins, signed_in
from apps.teams.forms import InviteForm
from apps.teams.invitations import AlreadyInvited, AlreadyMember, invite, link_to, renew, revoke
from apps.teams.mail import send_invitation
from apps.teams.models import Invitation, Team
from apps.teams.views.members import members_page


@require_POST
@for_admins
def invite_member(request: HttpRequest, team: Team) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        return members_page(request, team, status=400, invite_form=form)
    wanted = form.cleaned_data
    try:
        invitation, token = invite(team, wanted["email"], wanted["role"], signed_in(request), timezone.now())
    except AlreadyMember:
        form.add_error("email", "This address belongs to a member of the team.")
        return members_page(request, team, status=400, invite_form=form)
    except AlreadyInvited:
        form.add_error("email", "This address is invited already. Make a new link for it in the list.")
        return members_page(request, team, status=400, invite_form=form)
    return _show_link(request, invitation, token)


@require_POST
@for_admins
def renew_invitation(request: HttpRequest, team: Team, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(team.invitations.select_related("team"), pk=invitation_id)
    return _show_link(request, invitation, renew(invitation, signed_in(request), timezone.now()))


@require_POST
@for_admins
def revoke_invitation(request: HttpRequest, team: Team, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(team.invitations.select_related("team"), pk=invitation_id)
    revoke(invitation, signed_in(request))
    messages.success(request, f"The invitation of {invitation.email} is revoked.")
    return redirect("teams:members", team.slug)


def _show_link(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    """In the answer itself: on the way through a redirect it would be kept in a cookie or a session."""
    link = link_to(token)
    answer = members_page(
        request, invitation.team, made=invitation, link=link, sent=send_invitation(invitation, link)
    )
    answer["Cache-Control"] = "no-store"
    return answer
