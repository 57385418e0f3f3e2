"""`/metrics` for Prometheus: what waits, what is parked, how long each repository has been silent.

Everything is computed when it is asked for; nothing is counted in a process, of which there are several.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, F, Min, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from apps.integrations.models import RefusedDelivery, TrackedRepository
from apps.integrations.services.webhooks.silence import silences
from apps.metrics.projection.version import VERSION
from ingest.live.backlog import backlog
from ingest.models import Budget, ParkedEvent, Run, Stream

LOOPBACK = ("127.0.0.1", "::1")
# A proxy on this machine asks from loopback too, for whoever asked it.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via")


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """404 for who may not read it: names of teams and repositories are in it."""
    if not may_read(request):
        return HttpResponse(status=404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gauges())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """With METRICS_TOKEN whoever has it, else programs of this machine that no proxy stands before."""
    if settings.METRICS_TOKEN:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        fits = hmac.compare_digest(given.strip().encode(), settings.METRICS_TOKEN.encode())
        return scheme.lower() == "bearer" and fits
    if any(name in request.headers for name in FORWARDED):
        return False
    return request.META.get("REMOTE_ADDR") in LOOPBACK


class _Gauges(Collector):
    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        waiting = backlog()
        yield _gauge("pending_streams", "Streams with events that are not processed yet", waiting.streams)
        oldest = (now - waiting.since).total_seconds() if waiting.since else 0
        yield _gauge("oldest_pending_seconds", "Age of the oldest event not processed yet; 0: none", oldest)
        parked = GaugeMetricFamily(
            "tformance_parked_events", "Events that their processor refused", labels=["team"]
        )
        for slug, count in ParkedEvent.objects.values_list("team__slug").annotate(Count("id")).order_by():
            parked.add_metric([slug], count)
        yield parked
        yield from _log()
        yield _runs()
        yield _quota(now)
        names = ["team", "repository"]
        silent = GaugeMetricFamily(
            "tformance_last_delivery_seconds", "Since the last delivery; absent: none ever", labels=names
        )
        late = GaugeMetricFamily(
            "tformance_late", "1: silent for longer than is usual for the repository", labels=names
        )
        for one in silences(TrackedRepository.objects.all(), now):
            place = [one.tracked.team.slug, one.tracked.full_name]
            late.add_metric(place, float(bool(one.late)))
            if one.last:
                silent.add_metric(place, (now - one.last).total_seconds())
        yield silent
        yield late
        refused = CounterMetricFamily(
            "tformance_refused_deliveries", "Deliveries refused since the beginning", labels=["reason"]
        )
        for reason, count in RefusedDelivery.objects.values_list("reason").annotate(Sum("count")).order_by():
            refused.add_metric([reason], count)
        yield refused


def _log() -> Iterator[Metric]:
    """By the sums that the streams keep: no event is read."""
    events = GaugeMetricFamily("tformance_log_events", "Events stored", labels=["team"])
    size = GaugeMetricFamily("tformance_log_bytes", "Of their bodies as they are stored", labels=["team"])
    stale = GaugeMetricFamily(
        "tformance_stale_streams", "Streams that an older version of the code processed", labels=["team"]
    )
    sums = Stream.objects.filter(events__gt=0).values_list("team__slug").order_by("team__slug")
    counted = sums.annotate(
        n=Sum("events"), size=Sum("bytes"), stale=Count("pk", filter=Q(version__lt=VERSION))
    )
    for slug, *values in counted:
        for family, value in zip((events, size, stale), values, strict=True):
            family.add_metric([slug], value)
    yield events
    yield size
    yield stale


def _runs() -> Metric:
    runs = GaugeMetricFamily("tformance_runs", "Runs that are not over", labels=["kind", "state"])
    found = Run.objects.filter(state__in=Run.ACTIVE).values_list("kind", "state").order_by("kind", "state")
    for kind, state, count in found.annotate(Count("pk")):
        runs.add_metric([kind, state], count)
    return runs


def _quota(now: datetime) -> Metric:
    """Whoever has least: an account is not named here, where all teams' numbers are."""
    left = GaugeMetricFamily(
        "tformance_github_quota_left",
        "Least part of an hour's quota that an account has left, from 0 to 1; absent: no limit known",
        labels=["api"],
    )
    known = Budget.objects.filter(reset_at__gt=now, limit__gt=0, remaining__isnull=False)
    part = Min(F("remaining") * 1.0 / F("limit"))
    for resource, least in known.values_list("resource").order_by("resource").annotate(least=part):
        left.add_metric([resource], least)
    return left


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tformance_{name}", text, value=value)
