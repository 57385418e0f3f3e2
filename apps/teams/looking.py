"""Admin pages that only look: nothing is added, changed or deleted, and nothing large is counted."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

# Beyond it nothing is counted: one goes on by searching.
COUNTED = 10_000


class ShortPaginator(Paginator):  # type: ignore[type-arg]
    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED].count())


class LookOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Searches for what is written in full only, so that an index finds it: `exactly` says how.

    `heavy`: columns that are neither read nor shown.
    """

    heavy: tuple[str, ...] = ()
    actions = None
    list_per_page = 50
    list_select_related: ClassVar[Any] = ("team",)
    ordering = ("-pk",)
    paginator = ShortPaginator
    # Of the rows that there are besides: it would count them all.
    show_full_result_count = False
    # Any value shows the box.
    search_fields = ("pk",)
    search_help_text = "an id"

    def exactly(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return by_id(rows, text)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*self.heavy)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.replace("\0", "").strip()
        return (self.exactly(queryset, text) if text else queryset), False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [field.name for field in self.opts.fields if field.name not in self.heavy]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def by_id(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    fits = text.isascii() and text.isdecimal() and len(text) < 19
    return rows.filter(pk=int(text)) if fits else rows.none()
