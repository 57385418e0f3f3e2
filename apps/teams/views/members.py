"""The members of a team: everybody sees them, admins change them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from apps.teams.access import for_admins, for_members, signed_in
from apps.teams.forms import InviteForm, MemberForm
from apps.teams.memberships import LastAdmin, change, remove
from apps.teams.models import Membership, Team

KEEP_AN_ADMIN = "A team needs an admin. Make somebody else one first."


@require_safe
@for_members
def members(request: HttpRequest, team: Team) -> HttpResponse:
    return members_page(request, team)


def members_page(request: HttpRequest, team: Team, status: int = 200, **context: Any) -> HttpResponse:
    """`context` may bring the `invite_form` with its errors, and what became of an invitation."""
    own: Membership = request.membership  # type: ignore[attr-defined]
    is_admin = own.role == Membership.Role.ADMIN
    found = team.memberships.select_related("user").order_by("user__email")
    shown = {
        "team": team,
        "own": own,
        "is_admin": is_admin,
        "members": found,
        "roles": Membership.Role.choices,
        "invitations": team.invitations.order_by("email") if is_admin else None,
        "now": timezone.now(),
        "invite_form": InviteForm(),
    }
    return render(request, "teams/members.html", shown | context, status=status)


@require_POST
@for_admins
def change_member(request: HttpRequest, team: Team, member_id: int) -> HttpResponse:
    membership = get_object_or_404(team.memberships, pk=member_id)
    form = MemberForm(request.POST, instance=membership)
    if not form.is_valid():
        messages.error(request, "That is no role. Choose admin or member.")
        return redirect("teams:members", team.slug)
    try:
        change(
            membership, form.cleaned_data["role"], form.cleaned_data["can_read_payloads"], signed_in(request)
        )
    except LastAdmin:
        messages.error(request, KEEP_AN_ADMIN)
    else:
        messages.success(request, f"Saved: {membership.user.email}")
    return redirect("teams:members", team.slug)


@require_POST
@for_admins
def remove_member(request: HttpRequest, team: Team, member_id: int) -> HttpResponse:
    membership = get_object_or_404(team.memberships.select_related("user"), pk=member_id)
    if membership.user_id == request.user.pk:
        return leave_team(request, membership)
    try:
        remove(membership, signed_in(request))
    except LastAdmin:
        messages.error(request, KEEP_AN_ADMIN)
    else:
        messages.success(request, f"{membership.user.email} is no member any more.")
    return redirect("teams:members", team.slug)


@require_POST
@for_members
def leave(request: HttpRequest, team: Team) -> HttpResponse:
    return leave_team(request, request.membership)  # type: ignore[attr-defined]


def leave_team(request: HttpRequest, membership: Membership) -> HttpResponse:
    try:
        remove(membership, membership.user)
    except LastAdmin:
        messages.error(request, KEEP_AN_ADMIN)
        return redirect("teams:members", membership.team.slug)
    messages.success(request, f"You left {membership.team.name}.")
    return redirect("teams:choose")
