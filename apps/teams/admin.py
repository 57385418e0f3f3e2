from typing import Any

from django.contrib import admin

from .models import Membership, Team


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Not deleted here: `manage.py purge` does it, audited."""

    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "team", "role", "can_read_payloads")
    list_filter = ("role",)
    list_select_related = ("user", "team")
    raw_id_fields = ("user", "team")
    search_fields = ("user__email", "team__slug")
