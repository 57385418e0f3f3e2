"""One's teams: choosing, making, renaming."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from apps.teams.access import for_admins, signed_in, teams_of
from apps.teams.forms import NewTeamForm, RenameForm
from apps.teams.memberships import make_team, rename
from apps.teams.models import Team


@require_safe
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    return render(request, "teams/choose.html", {"teams": teams_of(signed_in(request))})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def create(request: HttpRequest) -> HttpResponse:
    form = NewTeamForm(request.POST or None)
    if form.is_valid():
        try:
            team = make_team(signed_in(request), form.cleaned_data["name"], form.cleaned_data["slug"])
        except IntegrityError:
            form.add_error("slug", NewTeamForm.Meta.error_messages["slug"]["unique"])
        else:
            messages.success(request, f"{team.name} is yours. Invite others under Members.")
            return redirect("dashboard:overview", team.slug)
    return render(request, "teams/create.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def settings(request: HttpRequest, team: Team) -> HttpResponse:
    form = RenameForm(request.POST or None, initial={"name": team.name})
    if form.is_valid():
        rename(team, form.cleaned_data["name"], signed_in(request))
        messages.success(request, "Saved.")
        return redirect("teams:settings", team.slug)
    context = {"team": team, "form": form}
    return render(request, "teams/settings.html", context, status=400 if form.errors else 200)
