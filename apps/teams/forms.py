from django import forms
from django.utils.text import slugify

from apps.teams.models import Invitation, Membership, Team


class NewTeamForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Team
        fields = ["name", "slug"]
        labels = {"slug": "Address"}
        help_texts = {
            "slug": "Small letters, digits and hyphens. It is in the address of each page, and stays."
        }
        error_messages = {
            "slug": {
                "unique": "This address is taken. Choose another one.",
                "invalid": "Small letters, digits and hyphens only, as in acme-rockets.",
            }
        }

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug != slugify(slug):
            raise forms.ValidationError(f"Small letters, digits and hyphens only: {slugify(slug) or 'acme'}")
        return slug


class RenameForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Team
        fields = ["name"]


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Membership
        fields = ["role", "can_read_payloads"]


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Invitation
        fields = ["email", "role"]
