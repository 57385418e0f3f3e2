"""What is not stored again (law 3). All of it is asked under the streams' locks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from apps import sql
from ingest.models import RawGitHubEvent

from .placing import FETCHED, Placed
from .streams import KINDS, ON_KEY, StreamKey

Object = tuple[StreamKey, str, str]


class Version(NamedTuple):
    """One stored version of an object: newer ones compare greater, unknown instants first."""

    instant: int
    id: int
    sha256: str


class Known:
    """What is stored of the streams that a batch touches, kept up with what the batch itself adds.

    - A delivery adds nothing when (team, delivery id) is there.
    - A fetched object adds nothing when its bytes equal the newest stored fetch of the same object from
      the same endpoint, and no event of that object from another source has a later instant: A, B, A are
      three events, also where B was a delivery.
    - An imported line without delivery id adds nothing when (team, source, type, object, hash, instant)
      is there.
    """

    def __init__(self, team_id: int, batch: Sequence[Placed], *, imported: bool) -> None:
        self.imported = imported
        self.deliveries = _stored_deliveries(team_id, batch)
        self.fetches: dict[tuple[Object, str, str], Version] = {}
        self.latest: dict[Object, dict[str, int]] = {}
        self.identities: set[tuple[Object, str, str, int | None]] = set()
        undelivered = [p for p in batch if not p.event.delivery_id]
        for row in _stored_objects(undelivered) if undelivered else ():
            self._learn(*row)

    def is_duplicate(self, placed: Placed) -> bool:
        """Says whether this event adds nothing; where it adds something, the next one is compared with it
        too.
        """
        event = placed.event
        found: Object = (placed.key, event.event_type, placed.derived.object_id)
        instant = placed.derived.instant
        if event.delivery_id:
            if event.delivery_id in self.deliveries:
                return True
            self.deliveries.add(event.delivery_id)
        elif self.imported or event.source not in FETCHED:
            if (found, event.source, placed.sha256, instant) in self.identities:
                return True
        elif self._is_known_fetch(found, placed):
            return True
        # No stored id is as high: of two of one instant, the later of this batch is the newer.
        self._learn(found, event.source, event.endpoint, instant, 2**63 + len(self.identities), placed.sha256)
        return False

    def _is_known_fetch(self, found: Object, placed: Placed) -> bool:
        event = placed.event
        newest = self.fetches.get((found, event.source, event.endpoint))
        if newest is None or newest.sha256 != placed.sha256:
            return False
        elsewhere = (t for source, t in self.latest[found].items() if source != event.source)
        return all(instant <= newest.instant for instant in elsewhere)

    def _learn(
        self, found: Object, source: str, endpoint: str, instant: int | None, event_id: int, sha256: str
    ) -> None:
        self.identities.add((found, source, sha256, instant))
        version = Version(-1 if instant is None else instant, event_id, sha256)
        known = self.fetches.get((found, source, endpoint))
        if known is None or known < version:
            self.fetches[found, source, endpoint] = version
        latest = self.latest.setdefault(found, {})
        latest[source] = max(latest.get(source, -1), version.instant)


def _stored_deliveries(team_id: int, batch: Iterable[Placed]) -> set[str]:
    ids = [p.event.delivery_id for p in batch if p.event.delivery_id]
    if not ids:
        return set()
    table, params = sql.key_table([(team_id, i) for i in ids], team_id="bigint", delivery_id="text")
    rest = (
        f"FROM {table} JOIN {sql.quoted(RawGitHubEvent)} t"
        " ON t.team_id = k.team_id AND t.delivery_id = k.delivery_id AND t.delivery_id IS NOT NULL"
    )
    return {row[0] for row in sql.select(RawGitHubEvent, ("delivery_id",), rest, params)}


def _stored_objects(batch: Sequence[Placed]) -> Iterable[tuple[Object, str, str, int | None, int, str]]:
    """The stored events of the batch's streams that can matter: same type in a pull request's stream, same
    hash in a repository's own, which has no bound."""
    bounded = [p for p in batch if p.key[2]]
    unbounded = [p for p in batch if not p.key[2]]
    names = (*KINDS, "event_type", "object_id", "source", "endpoint", "instant", "id", "sha256")
    for part, of_keys in ((bounded, _same_type), (unbounded, _same_bytes)):
        if not part:
            continue
        wanted = {(*p.key, p.event.event_type if p.key[2] else p.sha256) for p in part}
        table, params = sql.key_table(sorted(wanted), **KINDS, wanted="text")
        for row in sql.select(RawGitHubEvent, names, of_keys(table), params):
            yield ((row[:3], row[3], row[4]), *row[5:])


def _same_type(keys: str) -> str:
    # The type is no plain column here: PostgreSQL without statistics would follow the index of types, and
    # read all events of the type for each key.
    return f"FROM {keys} JOIN {sql.quoted(RawGitHubEvent)} t ON {ON_KEY} AND t.event_type || '' = k.wanted"


def _same_bytes(keys: str) -> str:
    """One look into the index of hashes for each key: left to itself a database reads the whole stream for
    each, and PostgreSQL before its first ANALYZE whatever the statement says of the stream.
    """
    events = f"{sql.quoted(RawGitHubEvent)} t"
    same = "t.sha256 = k.wanted AND t.number = 0 AND t.delivery_id IS NULL"
    place = "t.team_id = k.team_id AND t.repository_id = k.repository_id"
    if sql.is_sqlite():
        return f"FROM {keys} CROSS JOIN {events} INDEXED BY ingest_event_identity WHERE {same} AND {place}"
    return f"FROM {keys} CROSS JOIN LATERAL (SELECT * FROM {events} WHERE {same} OFFSET 0) t WHERE {place}"
