"""Pausing, resuming and cancelling a run from its page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest

from apps.teams.access import signed_in
from ingest.models import AuditLine, Run


def steer(
    request: HttpRequest, run: Run, action: str, change: Callable[[Run], bool], no: str, **detail: Any
) -> None:
    """Change it, with a line in the audit; say `no` where there is nothing to change any more."""
    with transaction.atomic():
        changed = change(run)
        if changed:
            detail = {"run": run.pk, **detail}
            AuditLine.objects.create(
                team=run.team, who=signed_in(request).email, action=action, detail=detail
            )
    if not changed:
        messages.info(request, no)
