"""What people enter to connect a team."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.views.decorators.debug import sensitive_variables

from apps.integrations.services.connecting.accounts import LOGIN, Organization

_TOKEN = re.compile(r"[\x21-\x7e]+")


class TokenForm(forms.Form):
    """A personal access token. What was entered is never in the page that comes back."""

    token = forms.CharField(
        label="Token",
        max_length=500,
        help_text="It begins with ghp_ or github_pat_. It is stored encrypted, and never shown again.",
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
        error_messages={"required": "Paste the token here."},
    )

    @sensitive_variables()
    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"]
        if not _TOKEN.fullmatch(token):
            raise forms.ValidationError("No token holds spaces or letters with accents. Copy it again.")
        return token


class OrganizationForm(forms.Form):
    """One of those that the token opens, or another one by its name."""

    organization = forms.CharField(required=False)
    name = forms.CharField(
        label="Another one, by its name at GitHub",
        required=False,
        max_length=100,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )

    def __init__(self, known: list[Organization], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.known = {str(organization.id): organization for organization in known}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name and not LOGIN.fullmatch(name):
            raise forms.ValidationError(
                "That is no name of an organisation: letters, digits and hyphens only."
            )
        return name

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if not given.get("name") and not self.errors and given.get("organization") not in self.known:
            raise forms.ValidationError("Choose one of the accounts, or enter a name.")
        return given

    @property
    def chosen(self) -> Organization | None:
        """None where a name was entered."""
        return None if self.cleaned_data["name"] else self.known[self.cleaned_data["organization"]]
