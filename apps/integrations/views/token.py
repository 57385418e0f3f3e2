"""A personal access token, as the other way to connect."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from apps.integrations.forms import TokenForm
from apps.integrations.models import IntegrationCredential
from apps.integrations.services.connecting import connecting, problems
from apps.integrations.services.github_oauth import Granted
from apps.integrations.services.permissions import PERMISSIONS, SCOPES
from apps.integrations.services.unprinted import Unprinted
from apps.integrations.views.oauth import tell
from apps.integrations.views.taking import take_from_form
from apps.teams.access import for_admins, signed_in
from apps.teams.models import Team
from ingest.github.errors import CredentialRevoked, GitHubError


@never_cache
@for_admins
def enter(request: HttpRequest, team: Team) -> HttpResponse:
    form = TokenForm()
    if request.method == "POST":
        form = TokenForm({"token": take_from_form(request, "token")})
        if form.is_valid():
            token = Unprinted(form.cleaned_data.pop("token"))
            try:
                source = IntegrationCredential.Source.TOKEN
                connected = connecting.connect(team, signed_in(request), source, Granted(token, []))
                return tell(request, connected)
            except CredentialRevoked:
                form.add_error(
                    None,
                    "GitHub does not take this token: it is mistyped, expired or deleted. Nothing was "
                    "changed. "
                    "Copy it again, or make a new one.",
                )
            except GitHubError as error:
                form.add_error(None, problems.of(error))
    query = urlencode({"scopes": ",".join(SCOPES), "description": f"tformance, {team.name}"})
    context = {
        "team": team,
        "form": form,
        "permissions": PERMISSIONS,
        "classic": f"{settings.GITHUB_WEB_URL}/settings/tokens/new?{query}",
        "fine_grained": f"{settings.GITHUB_WEB_URL}/settings/personal-access-tokens/new",
    }
    return render(request, "integrations/connect/token.html", context)
