from typing import Any

from django.contrib import admin

from .models import User


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Passwords are changed by their owners, by mail."""

    exclude = ("password",)
    list_display = ("email", "is_active", "is_staff", "last_login")
    readonly_fields = ("last_login", "date_joined")
    search_fields = ("email",)
    filter_horizontal = ("groups", "user_permissions")

    def has_add_permission(self, request: Any) -> bool:
        return False
