"""Counting what is refused: a wrong secret shows here, where nothing of the delivery is kept."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from apps.integrations.models import RefusedDelivery


def count(reason: str) -> None:
    today = timezone.now().date()
    if not RefusedDelivery.objects.filter(day=today, reason=reason).update(count=F("count") + 1):
        row, created = RefusedDelivery.objects.get_or_create(day=today, reason=reason, defaults={"count": 1})
        if not created:
            RefusedDelivery.objects.filter(pk=row.pk).update(count=F("count") + 1)
