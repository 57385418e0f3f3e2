"""Which organisation, or whose own account, a team is connected to."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.integrations.forms import OrganizationForm
from apps.integrations.models import GitHubIntegration, IntegrationCredential, TrackedRepository
from apps.integrations.services.connecting import accounts, connecting, problems
from apps.integrations.services.connecting.accounts import Organization
from apps.integrations.services.connecting.connections import own_integration
from apps.integrations.services.credentials import note_use, token_source
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_client import client_for_page
from apps.integrations.views.connect import app_address
from apps.teams.access import for_admins, signed_in
from apps.teams.models import Team
from ingest.github.errors import GitHubError


@for_admins
def choose(request: HttpRequest, team: Team) -> HttpResponse:
    integration = own_integration(team)
    if integration is None or integration.credential.status != IntegrationCredential.Status.ACTIVE:
        messages.error(request, "Connect the team to GitHub first; then choose an organisation.")
        return redirect("integrations:connect", team.slug)
    known = accounts.known(integration.credential.organizations)
    form = OrganizationForm(known, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        found = form.chosen or _look_up(integration, form)
        if found is not None:
            if found.id != integration.organization_id:
                connecting.choose(integration, found, signed_in(request))
                messages.success(
                    request, f"Connected to {found.login}. Its repositories and members are being listed."
                )
            return redirect("integrations:connect", team.slug)
    followed = TrackedRepository.for_team(team).filter(is_active=True)
    context = {
        "team": team,
        "integration": integration,
        "known": known,
        "form": form,
        "followed": followed.count() if integration.organization_id else 0,
        "app_address": app_address(),
    }
    return render(request, "integrations/connect/organization.html", context)


def _look_up(integration: GitHubIntegration, form: OrganizationForm) -> Organization | None:
    credential, name = integration.credential, form.cleaned_data["name"]
    if name.lower() == credential.github_login.lower() and credential.github_user_id:
        return Organization(credential.github_user_id, credential.github_login, is_personal=True)
    note_use(credential)
    try:
        with client_for_page(token_source(credential), credential) as client:
            return accounts.organization_named(client, name)
    except (GitHubError, Undecryptable) as error:
        form.add_error("name", problems.of(error))
        return None
