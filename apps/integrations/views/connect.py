"""How a team is connected to GitHub: one page, and its buttons."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.integrations.services import permissions
from apps.integrations.services.connecting import connecting, problems
from apps.integrations.services.connecting.connections import own_integration
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_oauth import is_configured
from apps.integrations.services.repositories.tracking import want_webhook
from apps.integrations.services.sending import send_after_commit
from apps.integrations.services.webhooks import rotation as webhook_rotation
from apps.integrations.tasks import import_members
from apps.metrics.models import TeamMember
from apps.teams.access import for_admins, for_members, is_admin, signed_in
from apps.teams.models import Team
from ingest.github.errors import GitHubError
from ingest.models import RawGitHubEvent

Source = IntegrationCredential.Source
Status = IntegrationCredential.Status


@for_members
def show(request: HttpRequest, team: Team) -> HttpResponse:
    integration = own_integration(team)
    credential = integration.credential if integration else None
    standings = permissions.standings(credential)
    people = TeamMember.for_team(team)
    context = {
        "team": team,
        "is_admin": is_admin(request),
        "integration": integration,
        "credential": credential,
        "health": permissions.health(integration),
        "standings": standings,
        # A classic token without any scope has none of them.
        "tried_out": credential and not credential.scopes and any(row.granted for row in standings),
        "missing": permissions.missing(credential)
        if credential and credential.status == Status.ACTIVE
        else [],
        "configured": is_configured(),
        "not_configured": problems.NOT_CONFIGURED,
        "app_address": app_address(),
        "members": people.filter(is_active=True).count(),
        "former_members": people.filter(is_active=False).count(),
        "ping": newest_ping(team),
        "webhooks": webhook_rotation.standing(team),
    }
    return render(request, "integrations/connect/show.html", context)


@for_admins
def test_connection(request: HttpRequest, team: Team) -> HttpResponse:
    integration = _connected(request, team)
    if integration is not None:
        try:
            seen = connecting.test(integration)
        except (GitHubError, Undecryptable) as error:
            messages.error(request, problems.of(error))
        else:
            _tell(request, integration, seen)
    to_choice = request.POST.get("next") == "organization"
    return redirect("integrations:organization" if to_choice else "integrations:connect", team.slug)


@for_admins
def ask_for_members(request: HttpRequest, team: Team) -> HttpResponse:
    integration = _connected(request, team)
    if integration is not None and integration.organization_id is None:
        messages.error(request, "Choose an organisation first: its members are imported then.")
    elif integration is not None:
        send_after_commit(import_members, integration.pk)
        messages.info(request, "GitHub is being asked for the members. Load this page again in a moment.")
    return redirect("integrations:connect", team.slug)


@for_admins
def rotate_webhook_secret(request: HttpRequest, team: Team) -> HttpResponse:
    """GitHub is told by workers, hook by hook."""
    if _connected(request, team) is not None:
        try:
            standing = webhook_rotation.rotate(team, signed_in(request).email)
        except webhook_rotation.NoSecret as error:
            messages.error(request, str(error))
        else:
            for tracked in webhook_rotation.behind(team):
                want_webhook(tracked)
            told = f"GitHub is being told it for {standing.old} of {standing.hooks} webhooks."
            messages.success(request, f"There is a new secret. {told} {standing.meanwhile}")
    return redirect("integrations:connect", team.slug)


@for_admins
def disconnect(request: HttpRequest, team: Team) -> HttpResponse:
    integration = own_integration(team)
    if request.method == "POST" and integration is not None:
        credential = integration.credential
        told = connecting.disconnect(credential, signed_in(request))
        messages.success(request, "Disconnected: the token is erased here. What was collected stays.")
        if told is False:
            messages.warning(
                request,
                "GitHub could not be told to withdraw the token, or had done so already. To be sure, "
                "revoke the "
                f"app at {app_address()}",
            )
        elif credential.source == Source.TOKEN:
            address = f"{settings.GITHUB_WEB_URL}/settings/tokens"
            messages.warning(request, f"At GitHub the token is good still. Delete it at {address}")
    return redirect("integrations:connect", team.slug)


def app_address() -> str:
    """Where a person sees at GitHub what this site may, and withdraws it."""
    return f"{settings.GITHUB_WEB_URL}/settings/connections/applications/{settings.GITHUB_CLIENT_ID}"


def newest_ping(team: Team) -> RawGitHubEvent | None:
    """GitHub's first call of a new webhook."""
    repositories = list(TrackedRepository.for_team(team).values_list("github_repo_id", flat=True))
    pings = RawGitHubEvent.for_team(team).filter(
        repository_id__in=repositories, number=0, event_type="ping", source=RawGitHubEvent.Source.WEBHOOK
    )
    return pings.order_by("-id").first()


def _connected(request: HttpRequest, team: Team) -> GitHubIntegration | None:
    """For a button that needs a connection. None, with a message, where there is none."""
    integration = own_integration(team)
    if request.method != "POST":
        return None
    if integration is None or integration.credential.status == Status.DISCONNECTED:
        messages.error(request, "This team is not connected to GitHub. Connect it first.")
        return None
    return integration


def _tell(request: HttpRequest, integration: GitHubIntegration, seen: connecting.Seen) -> None:
    rate = seen.rate
    quota = "GitHub sets no limits here."
    if rate is not None:
        until = f" until {rate.reset:%H:%M} UTC" if rate.reset else ""
        quota = f"{rate.remaining:,} of {rate.limit:,} requests are left{until}."
    where = integration.organization_slug or "no organisation chosen yet"
    messages.success(
        request, f"GitHub answers. Account: {seen.account.login}; organisation: {where}. {quota}"
    )
    listed = {organization.id for organization in seen.organizations}
    if seen.scopes and integration.organization_id and integration.organization_id not in listed:
        messages.warning(request, lost(integration.organization_slug, seen.account.login))


def lost(organization: str, login: str) -> str:
    return (
        f"GitHub does not list {organization} among the organisations of {login}. What was collected "
        "stays; to go "
        f"on, connect as somebody of {organization}, let one of its owners approve this app, or choose "
        "another "
        "organisation."
    )
