"""To GitHub's "Authorize" page, and back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.integrations.models import IntegrationCredential
from apps.integrations.services import permissions
from apps.integrations.services.connecting import connecting, oauth_state, problems
from apps.integrations.services.connecting.oauth_state import StateRefused
from apps.integrations.services.github_oauth import (
    CodeRefused,
    authorize_url,
    error_word,
    exchange_code,
    is_configured,
)
from apps.integrations.services.unprinted import Unprinted
from apps.integrations.views.connect import lost
from apps.integrations.views.taking import take_from_address
from apps.teams.access import for_admins, signed_in
from apps.teams.models import Membership, Team
from apps.users.models import User
from ingest.github.errors import GitHubError


@for_admins
def authorize(request: HttpRequest, team: Team) -> HttpResponse:
    if request.method != "POST":
        return redirect("integrations:connect", team.slug)
    if not is_configured():
        messages.error(request, problems.NOT_CONFIGURED)
        return redirect("integrations:connect", team.slug)
    begun = oauth_state.begin(request.session, signed_in(request), team, timezone.now())
    return HttpResponseRedirect(authorize_url(begun.state, begun.challenge))


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Where GitHub sends everybody back to; the state says for which team."""
    state, code, error = take_from_address(request, "state", "code", "error")
    if not request.user.is_authenticated:
        # Without the code: the address of the sign-in page is logged and kept by the browser.
        return redirect_to_login(request.path)
    user = signed_in(request)
    try:
        ended = oauth_state.end(request.session, user, state, timezone.now())
    except StateRefused as refused:
        return _refuse(request, user, refused)
    team = _team_of_admin(user, ended.team_id)
    if error:
        messages.warning(request, problems.of_authorize(error_word(error)))
        return redirect("integrations:connect", team.slug)
    return _finish(request, user, team, code, ended.verifier)


def tell(request: HttpRequest, connected: connecting.Connected) -> HttpResponse:
    """What came of connecting, and where to go on."""
    integration, credential = connected.integration, connected.integration.credential
    where = f" to {integration.organization_slug}" if integration.organization_slug else ""
    what = "Connected again" if connected.again else "Connected"
    kept = " History and followed repositories are as before." if connected.again else ""
    messages.success(request, f"{what}{where} as {credential.github_login}.{kept}")
    if connected.former_login:
        messages.warning(
            request,
            f"Before, this team was connected as {connected.former_login}. Repositories that "
            f"{credential.github_login} may not see cannot be synced any more; what was collected from "
            "them stays.",
        )
    if connected.lost:
        messages.warning(request, lost(connected.lost, credential.github_login))
    for permission in permissions.missing(credential):
        messages.warning(request, f"GitHub did not grant {permission.scope}. {permission.without}")
    chosen = integration.organization_id is not None and not connected.lost
    return redirect("integrations:connect" if chosen else "integrations:organization", integration.team.slug)


def _finish(
    request: HttpRequest, user: User, team: Team, code: Unprinted, verifier: Unprinted
) -> HttpResponse:
    try:
        granted = exchange_code(code, verifier)
        connected = connecting.connect(team, user, IntegrationCredential.Source.OAUTH, granted)
    except (CodeRefused, GitHubError) as error:
        messages.error(request, problems.of(error))
        return redirect("integrations:connect", team.slug)
    return tell(request, connected)


def _refuse(request: HttpRequest, user: User, refused: StateRefused) -> HttpResponse:
    mine = Membership.objects.select_related("team").filter(user=user, team=refused.team_id)
    membership = mine.filter(role=Membership.Role.ADMIN).first()
    context = {"problem": str(refused), "its_team": membership.team if membership else None}
    return render(request, "integrations/connect/refused.html", context, status=400)


def _team_of_admin(user: User, team_id: int) -> Team:
    """Whoever began it may have left the team, or lost the role, while at GitHub."""
    membership = Membership.objects.select_related("team").filter(user=user, team=team_id).first()
    if membership is None:
        raise Http404("No such team, or none of yours.")
    if membership.role != Membership.Role.ADMIN:
        raise PermissionDenied("Only an admin of the team may do this.")
    return membership.team
