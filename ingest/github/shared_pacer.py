"""One budget for all who ask in the same name: threads, processes, machines."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Greatest

from ingest.github.answer import Answer
from ingest.github.errors import QuotaReserved, RateLimited
from ingest.github.pacing import KEPT, MICROSECONDS, Pace, Resource, pace_of
from ingest.models import Budget

# How old what we know of the others may be, and what they know of us.
NOTED = timedelta(seconds=1)
# Longer than this nobody waits for an answer to a click.
PATIENCE = 3.0
MOMENT = timedelta(microseconds=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

# GitHub's names in `X-RateLimit-Resource`; other resources (search) have quotas of their own.
RESOURCES: dict[str, Resource] = {"core": "rest", "graphql": "graphql"}


def reserved(limit: int, percent: int) -> int:
    """How much of an hourly quota is left to others."""
    return limit * percent // 100


@dataclass
class _Purse:
    """What this process holds of one resource: the row as last read, what of the quota was last `saved` to
    it, and points to use until then.
    """

    row: Budget
    read_at: datetime | None = None
    saved_at: datetime | None = None
    saved: int = 0
    points: int = 0
    size: int = 1
    used: int = 0
    until: datetime = LONG_AGO


class SharedPacer:
    """Points a minute and the hourly quota, kept in `Budget`'s rows. For one thread.

    `key()` names the account that asks. `points`: those allowed in a minute, None for no pace.
    `reserve_percent` of the hourly quota are left to others: `wait` raises QuotaReserved before.
    `for_people`: somebody waits for the answer; it goes before the others' and may take of the reserve.

    Points are given out by one UPDATE, a block at a time, and a block not used soon is lost: so no 60 seconds
    see more than is allowed, however many ask. Clocks of several machines must agree (NTP). Every method
    raises what the database raises. Never called in a transaction: the row would stay locked.
    """

    def __init__(
        self,
        key: Callable[[], str],
        points: Mapping[Resource, float | None],
        *,
        reserve_percent: int = 0,
        for_people: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key = key
        self._paces = {name: None if value is None else pace_of(value) for name, value in points.items()}
        self._percent = 0 if for_people else reserve_percent
        self._for_people = for_people
        self._clock = clock
        self._sleep = sleep
        self._purses: dict[Resource, _Purse] = {}
        self._woken = LONG_AGO

    @property
    def reserve(self) -> float:
        return self._percent / 100

    def wait(self, resource: Resource) -> None:
        while (seconds := self.attempt(resource)) > 0:
            if self._for_people and seconds > PATIENCE:
                raise RateLimited(self._now() + timedelta(seconds=seconds), secondary=True)
            woken = self._now() + timedelta(seconds=seconds)
            self._sleep(seconds)
            self._woken = woken

    def attempt(self, resource: Resource) -> float:
        """0 where the next request may begin, which uses a point; else the seconds until it is worth asking
        again. Raises RateLimited as `wait` does.
        """
        now = self._now()
        purse, pace = self._purse(resource), self._paces[resource]
        if pace is None:
            if purse.read_at is None or now - purse.read_at >= NOTED:
                self._read(purse, now)
            self._heed(purse.row, now)
            return 0.0
        self._heed(purse.row, now)
        if not purse.points or now >= purse.until:
            seconds = self._take(purse, pace, now)
            if seconds > 0:
                return seconds
            self._heed(purse.row, now)
            # The database was busy for longer than points keep.
            if self._now() >= purse.until:
                purse.points = 0
                return MOMENT.total_seconds()
        purse.points -= 1
        purse.used += 1
        return 0.0

    def told(self, resource: Resource, answer: Answer) -> None:
        rate = answer.rate
        if rate is None or RESOURCES.get(rate.resource) != resource:
            return
        now, purse = self._now(), self._purse(resource)
        row = purse.row
        row.limit, row.remaining, row.told_at = rate.limit, rate.remaining, now
        row.reset_at = rate.reset
        if rate.reset is not None and answer.date is not None:
            # The reset is by GitHub's clock. Both are whole seconds: one more, or we come too early.
            row.reset_at = now + (rate.reset - answer.date) + timedelta(seconds=1)
        much = purse.saved - rate.remaining >= rate.limit / 100
        if much or purse.saved_at is None or now - purse.saved_at >= NOTED or self._is_reserved(row, now):
            purse.saved_at, purse.saved = now, rate.remaining
            facts = {name: getattr(row, name) for name in ("limit", "remaining", "reset_at", "told_at")}
            Budget.objects.filter(pk=row.pk).update(**facts)

    def refused(self, resource: Resource, limit: RateLimited) -> None:
        # A secondary limit is about whoever asks too much, in whatever way.
        for name in RESOURCES.values() if limit.secondary else (resource,):
            row = self._purse(name).row
            row.refused_until, row.secondary, row.repeats = limit.reset_at, limit.secondary, limit.repeats
            shorter = Q(refused_until=None) | Q(refused_until__lt=limit.reset_at)
            Budget.objects.filter(shorter, pk=row.pk).update(
                refused_until=limit.reset_at, secondary=limit.secondary, repeats=min(limit.repeats, 10)
            )

    def _now(self) -> datetime:
        """Never before what was slept until: a clock that was set back would let us sleep once more."""
        return max(self._clock(), self._woken)

    def _purse(self, resource: Resource) -> _Purse:
        if resource not in self._purses:
            key = self._key()
            Budget.objects.bulk_create([Budget(key=key, resource=resource)], ignore_conflicts=True)
            self._purses[resource] = _Purse(Budget.objects.get(key=key, resource=resource))
        return self._purses[resource]

    def _read(self, purse: _Purse, now: datetime) -> None:
        mine, row = purse.row, Budget.objects.get(pk=purse.row.pk)
        if mine.told_at is not None and (row.told_at is None or row.told_at < mine.told_at):
            row.limit, row.remaining = mine.limit, mine.remaining
            row.reset_at, row.told_at = mine.reset_at, mine.told_at
        purse.row, purse.read_at = row, now

    def _take(self, purse: _Purse, pace: Pace, now: datetime) -> float:
        """A block of points; the seconds to wait where there are none."""
        if purse.used:
            # Twice as many where the last did not do, as many as were used where they did.
            purse.size = min(pace.block, purse.used if purse.points else 2 * purse.used)
            purse.used = purse.points = 0
        size = 1 if self._for_people else purse.size
        burst = pace.most if self._for_people else pace.burst
        ticks = (now - datetime.fromtimestamp(0, UTC)) // MOMENT
        # Others only ever move it on, so it's no use to ask before.
        latest = ticks + (burst - size) * pace.interval
        if purse.row.paced_to > latest:
            return (purse.row.paced_to - latest) / MICROSECONDS
        free = Q(refused_until=None) | Q(refused_until__lte=now)
        taken = Budget.objects.filter(free, pk=purse.row.pk, paced_to__lte=latest).update(
            paced_to=Greatest(F("paced_to"), ticks) + size * pace.interval
        )
        self._read(purse, now)
        if taken:
            purse.points, purse.until = size, now + timedelta(seconds=KEPT)
            return 0.0
        self._heed(purse.row, now)
        # Who takes less finds room sooner.
        purse.size = max(1, size // 2)
        latest = ticks + (burst - purse.size) * pace.interval
        return max(purse.row.paced_to - latest, 1000) / MICROSECONDS

    def _heed(self, row: Budget, now: datetime) -> None:
        if row.refused_until is not None and row.refused_until > now:
            raise RateLimited(row.refused_until, secondary=row.secondary, repeats=row.repeats)
        if row.reset_at is not None and self._is_reserved(row, now):
            raise QuotaReserved(row.reset_at, self._percent)

    def _is_reserved(self, row: Budget, now: datetime) -> bool:
        if not self._percent or row.limit is None or row.remaining is None or row.reset_at is None:
            return False
        return row.reset_at > now and row.remaining <= reserved(row.limit, self._percent)
