"""Whether this process lives, and whether it can serve."""

from __future__ import annotations

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

# A probe gives up after some seconds; a broker that is there answers within milliseconds.
BROKER_SECONDS = 1.0


def healthz(request: HttpRequest) -> JsonResponse:
    """Live: it answers, and so does the database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Ready: the database is migrated to this code, and the broker can be told of work.

    What is wrong is said without hosts or names: whoever asks is not known.
    """
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return JsonResponse({"status": "database unreachable"}, status=503)
    if missing:
        return JsonResponse({"status": f"{len(missing)} migrations are not applied"}, status=503)
    if not broker_answers():
        return JsonResponse({"status": "broker unreachable"}, status=503)
    return JsonResponse({"status": "ok"})


def broker_answers() -> bool:
    if settings.CELERY_TASK_ALWAYS_EAGER:
        return True
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    except Exception:  # each transport of kombu has errors of its own
        return False
    return True
