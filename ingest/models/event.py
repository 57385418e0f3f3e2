from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Lower

from apps.teams.models import Team, TeamScoped
from ingest.log import content, instants
from ingest.log.refused import LogIsAppendOnly

from .fetch import Fetch
from .headers import HeadersField

# The facts never change after insert and database triggers refuse it; the other columns are an index over
# them that `events reindex` recomputes.
FACTS = (
    "team_id",
    "source",
    "event_type",
    "action",
    "delivery_id",
    "headers",
    "fetch_id",
    "endpoint",
    "named_repository_id",
    "named_repository",
    "named_number",
    "received_at",
    "sha256",
    "packed",
    "codec",
    "size",
)
DERIVED = ("repository_id", "repository_name", "number", "object_id", "actor", "occurred_at", "instant")


class RawGitHubEvent(TeamScoped):
    """One thing that GitHub said, exactly as it came: a delivery, or an item of an API answer."""

    class Source(models.TextChoices):
        WEBHOOK = "webhook"
        REST = "rest"
        GRAPHQL = "graphql"
        IMPORT = "import"

    # Without an index of its own: others begin with the team, and PostgreSQL took this one for a stream's.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=10, choices=Source.choices)
    # In GitHub's words; `commit` is the only one of ours (an item of a pull request's list of commits).
    event_type = models.CharField(max_length=100)
    action = models.CharField(max_length=100, blank=True)
    delivery_id = models.CharField(max_length=200, null=True, blank=True)
    headers = HeadersField(default=dict, blank=True)
    fetch = models.ForeignKey(Fetch, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    # Of one object the list's item and the detail are two shapes, compared each with its own kind only.
    endpoint = models.CharField(max_length=50, blank=True)
    # What the request or the import line was about; the body may say otherwise.
    named_repository_id = models.BigIntegerField(null=True, blank=True)
    named_repository = models.TextField(blank=True)
    named_number = models.PositiveIntegerField(null=True, blank=True)
    # When it was received or fetched (a fetch: the answer's `Date`); null for an import that doesn't say.
    received_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64)
    packed = models.BinaryField()
    codec = models.CharField(max_length=10)
    # Of the body before packing, in bytes.
    size = models.PositiveIntegerField()

    repository_id = models.BigIntegerField(default=0)
    repository_name = models.TextField(blank=True)
    number = models.PositiveIntegerField(default=0)
    # GitHub's id of the object, or the sha; its kind is the event type. Empty where the type has no object
    # of ours.
    object_id = models.CharField(max_length=100, blank=True)
    actor = models.TextField(blank=True)
    # GitHub's own time of what happened.
    occurred_at = models.DateTimeField(null=True, blank=True)
    # The message's place in the order, in ticks of 100 ns since 1970: the time inside a delivery's id, the
    # `Date` of a fetch; null where unknown.
    instant = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "delivery_id"],
                condition=models.Q(delivery_id__isnull=False),
                name="ingest_event_delivery",
            )
        ]
        indexes = [
            # One stream's events: replay, de-duplication, timeline.
            models.Index(fields=["team", "repository_id", "number", "id"], name="ingest_event_stream"),
            # The few events with a processor in a repository's own stream, among its many pushes and checks.
            models.Index(
                fields=["team", "repository_id", "event_type", "id"],
                condition=models.Q(number=0),
                name="ingest_event_repository",
            ),
            # De-duplication of imported lines without a delivery id, where a stream has no bound.
            models.Index(
                fields=["sha256"],
                condition=models.Q(number=0, delivery_id__isnull=True),
                name="ingest_event_identity",
            ),
            models.Index(fields=["team", "id"], name="ingest_event_newest"),
            # When a repository's deliveries came, those that arrived apart from those fetched afterwards.
            models.Index(
                fields=["team", "repository_id", "endpoint", "instant"],
                condition=models.Q(source="webhook"),
                name="ingest_event_delivered",
            ),
            # The lists of events: each leads to the newest of what is asked for (see `inspection.leading`).
            # Without the team: with it, PostgreSQL without statistics takes this index for a stream's.
            models.Index(fields=["repository_id", "id"], name="ingest_event_of_repository"),
            models.Index(fields=["team", "event_type", "id"], name="ingest_event_of_type"),
            models.Index("team", Lower("actor"), "id", name="ingest_event_by_actor"),
            # On PostgreSQL also by the beginning of a sha, whatever the database's locale is.
            models.Index(
                fields=["team", "object_id"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                condition=~models.Q(object_id=""),
                name="ingest_event_of_object",
            ),
            # The ids inside a span of time: the smallest and the greatest bound every list.
            models.Index(fields=["team", "received_at", "id"], name="ingest_event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.event_type}{'.' if self.action else ''}{self.action}"

    @property
    def body(self) -> bytes:
        """The exact bytes as they came."""
        return content.unpack(self.packed, self.codec)

    @property
    def json_bytes(self) -> bytes:
        """The JSON text of the body: of its `payload` field where it came form-encoded."""
        return content.json_bytes(self.body, self.headers)

    @property
    def payload(self) -> Any:
        """The parsed body. Raises ValueError where it is no JSON."""
        return json.loads(self.json_bytes)

    @property
    def instant_at(self) -> datetime | None:
        return instants.to_datetime(self.instant)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused: events are stored by `ingest.log.append`, which keeps the streams' counts."""
        raise LogIsAppendOnly("stored events don't change, and new ones are stored by ingest.log.append")

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise LogIsAppendOnly("stored events are not deleted one by one: see manage.py purge")
