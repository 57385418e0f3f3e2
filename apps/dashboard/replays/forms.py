"""A replay's scope as an address says it: with the names of the list of events, and two of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from apps.metrics.models import Repository
from apps.teams.models import Team
from ingest.inspection.status import STATUSES
from ingest.models import RawGitHubEvent
from ingest.pages.filters import NAMES, BadFilter, Filters
from ingest.replay.scope import Scope

# More would not fit an address; a type, a repository or a span selects them better.
MOST_EVENTS = 500
TIME = "as 2026-01-31T10:00, UTC"
# What stands beside the fields of a scope: the token, the button, the typed word, and a list's place.
BESIDE = ("csrfmiddlewaretoken", "mode", "typed", "before", "after", "page")


class EventsField(forms.Field):
    """Ids of events; the address names each as `event=`."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> tuple[int, ...]:
        texts = value or []
        if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in texts):
            raise forms.ValidationError("An event's id is a number.")
        if len(texts) > MOST_EVENTS:
            raise forms.ValidationError(
                f"At most {MOST_EVENTS} events can be named: choose a type, a repository or a span instead."
            )
        return tuple(sorted({int(text) for text in texts}))


class ScopeForm(forms.Form):
    """All that is given must fit. Nothing given: the whole team. What is no field here is read as the list of
    events reads it. A name that neither knows is refused: left out, it would select more than was asked for.
    """

    status = forms.ChoiceField(required=False, choices=[("", "any"), *((s, s) for s in STATUSES)])
    repo = forms.CharField(required=False, label="Repository", help_text="owner/name, or GitHub's id")
    number = forms.CharField(required=False, label="Pull request")
    type = forms.CharField(required=False, label="Event type", help_text="as pull_request_review")
    action = forms.CharField(required=False)
    source = forms.ChoiceField(
        required=False, choices=[("", "any"), *((s, s) for s in RawGitHubEvent.Source.values)]
    )
    actor = forms.CharField(required=False, help_text="a login")
    since = forms.CharField(required=False, label="Received since", help_text=TIME)
    until = forms.CharField(required=False, label="Received before", help_text=TIME)
    run = forms.CharField(required=False, widget=forms.HiddenInput)
    q = forms.CharField(required=False, widget=forms.HiddenInput)
    stale = forms.BooleanField(required=False, label="Made by an older version of the code")
    event = EventsField(required=False)

    def __init__(self, team: Team, data: Any) -> None:
        super().__init__(data)
        self.team = team
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cleaned_data
        if unknown := [name for name in self.data if name not in (*self.fields, *NAMES, *BESIDE)]:
            raise forms.ValidationError(
                f"A scope has no field {unknown[0][:50]!r}, so nothing is selected. Its fields are "
                f"{', '.join(self.fields)}."
            )
        events = found.get("event", ())
        if events and RawGitHubEvent.for_team(self.team).filter(pk__in=events).count() < len(events):
            self.add_error("event", "Not all of these events are this team's.")
        if self.data.get("payload"):
            raise forms.ValidationError(
                "What is searched in payloads selects nothing for a replay: take it away."
            )
        try:
            scope = Filters.read(cast(QueryDict, self.data)).scope(self.team)
        except BadFilter as error:
            raise forms.ValidationError(str(error)) from None
        self.found = replace(scope, stale=found.get("stale", False), events=events)
        return found

    def scope(self) -> Scope:
        """Of a valid form; always of its team."""
        return self.found


def is_whole_team(scope: Scope) -> bool:
    return scope == Scope(team=scope.team)


def parameters(scope: Scope) -> list[tuple[str, str]]:
    """What `ScopeForm` reads to come to this scope."""
    statuses = [*scope.status]
    statuses += [name for name in ("parked", "pending") if getattr(scope, name) and name not in statuses]
    found = [
        *(("status", name) for name in statuses),
        ("repo", scope.repo),
        ("number", scope.pr),
        ("type", scope.event_type),
        ("action", scope.action),
        ("source", scope.source),
        ("actor", scope.actor),
        ("since", scope.since.isoformat() if scope.since else ""),
        ("until", scope.until.isoformat() if scope.until else ""),
        ("run", scope.run),
        ("q", scope.delivery or scope.object_id or scope.sha),
        ("stale", "on" if scope.stale else ""),
        *(("event", pk) for pk in scope.events),
    ]
    return [(name, str(value)) for name, value in found if value]


def query_of(scope: Scope) -> str:
    return f"?{urlencode(parameters(scope))}"


def repository_names(team: Team, scopes: Iterable[Scope]) -> dict[str, str]:
    """What the repositories are called now that scopes name by GitHub's id."""
    ids = {int(scope.repo) for scope in scopes if scope.repo and scope.repo.isdecimal()}
    found = Repository.for_team(team).filter(github_repo_id__in=ids) if ids else Repository.objects.none()
    return {str(pk): name for pk, name in found.values_list("github_repo_id", "full_name")}


def in_words(scope: Scope, names: Mapping[str, str]) -> list[str]:
    """Each part of it; empty for the whole team. `names`: see `repository_names`."""
    labels = {name: str(field.label or name).lower() for name, field in ScopeForm.base_fields.items()}
    labels |= {"q": "id", "run": "fetched by run"}
    found = [
        "made by an older version"
        if name == "stale"
        else f"{labels[name]}: {names.get(value, value) if name == 'repo' else value}"
        for name, value in parameters(scope)
        if name != "event"
    ]
    if scope.events:
        ids = ", ".join(map(str, scope.events[:5])) + (" …" if len(scope.events) > 5 else "")
        found.append(f"event{'s' if len(scope.events) > 1 else ''}: {ids}")
    return found
