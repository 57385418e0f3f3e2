"""The state of one stream in memory: what processors fold events into."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from . import fields, payloads
from .fold import ASKED, NEVER, UNKNOWN, Layer, Layers, Order

# When a pull request became ready for review: of more moments than these the oldest are not kept.
MOST_READY = 256


class Occasion(NamedTuple):
    """The event being folded: its id, its instant (100 ns ticks since 1970, None if unknown) and its
    content's hash.
    """

    event_id: int | None
    instant: int | None
    digest: str


class StreamState:
    """All that the events folded so far say of a stream; `for_event` says whose turn it is.

    With `keep_all` no layer is ever dropped, so that `explain` can say which events lost.
    """

    def __init__(self, team_id: int, repository_id: int, number: int, *, keep_all: bool = False) -> None:
        self.team_id = team_id
        self.repository_id = repository_id
        self.number = number
        self.keep_all = keep_all
        self.occasion = Occasion(None, None, "")
        self.pull_request = Layers(fields.PULL_REQUEST, keep_all)
        self.reviews: dict[int, Layers] = {}
        self.commits: dict[str, Layers] = {}
        self.names = Layers(fields.REPOSITORY_NAME, keep_all)
        self.repository = Layers(fields.REPOSITORY, keep_all)
        # When it became ready for review, by GitHub's time, and the event that told it first.
        self.ready: dict[datetime, int | None] = {}

    def for_event(self, event_id: int | None, instant: int | None, digest: str) -> StreamState:
        self.occasion = Occasion(event_id, instant, digest)
        return self

    def add_pull_request(self, found: payloads.PullRequest) -> None:
        updated_at = found.updated_at if isinstance(found.updated_at, datetime) else NEVER
        self.pull_request.add(self._layer(found, updated_at))

    def add_review(self, found: payloads.Review) -> None:
        layers = self.reviews.get(found.id)
        if layers is None:
            layers = self.reviews[found.id] = Layers(fields.REVIEW, self.keep_all)
        layers.add(self._layer(found, fields.review_step(found)))

    def add_commit(self, found: payloads.Commit) -> None:
        layers = self.commits.get(found.sha)
        if layers is None:
            layers = self.commits[found.sha] = Layers(fields.COMMIT, self.keep_all)
        layers.add(self._layer(found))

    def add_name(self, found: payloads.Repository | None | UnsetType) -> None:
        """A name counts for its own repository only: the stream's key may come from the request instead."""
        if found is None or found is UNSET:
            return
        if found.id == self.repository_id and found.full_name is not UNSET:
            event_id, instant, digest = self.occasion
            if isinstance(found, payloads.RequestedRepository):
                instant = ASKED
            self.names.add(Layer(Order(0, UNKNOWN if instant is None else instant, digest), event_id, found))

    def add_repository(self, found: payloads.Repository, action: str | None) -> None:
        if found.id == self.repository_id:
            self.repository.add(self._layer((found, action)))

    def add_ready(self, at: datetime | None | UnsetType) -> None:
        """Told again, a moment is the same: of its events the one with the lowest id is known."""
        if not isinstance(at, datetime):
            return
        told = (self.ready.get(at), self.occasion.event_id)
        self.ready[at] = min((event_id for event_id in told if event_id is not None), default=None)
        if len(self.ready) > MOST_READY:
            del self.ready[min(self.ready)]

    def _layer(self, value: object, own: object = 0) -> Layer:
        event_id, instant, digest = self.occasion
        return Layer(Order(own, UNKNOWN if instant is None else instant, digest), event_id, value)
