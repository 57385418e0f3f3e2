"""A repository with users, pull requests, reviews and commits, made from a seed.

The same seed and the same `now` give the same bytes, on any machine. Nothing here reads a clock.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from . import chance, deliveries
from .cast import cast
from .changes import Changes
from .deliveries import Delivery
from .facts import Commit, Pull, Repository
from .history import Scene, Writer
from .moments import Moment, apply
from .outline import Outline, outline
from .people import people
from .workdays import Calendar

_KEPT = 500  # histories kept in memory; any other is made again when it is asked for


class World(Changes):
    def __init__(
        self,
        seed: int,
        owner: str,
        repository: str,
        pulls: int,
        now: datetime,
        private: bool = False,
        **about: Any,
    ) -> None:
        self.seed, self.now = seed, now.astimezone(UTC).replace(microsecond=0)
        self.time = self.now  # of the newest change
        self.people = people(owner)
        self.named = cast(pulls)
        calendar = Calendar(self.now)
        cases = {number: name for name, number in self.named.items()}
        self._origins: dict[int, Outline] = {
            number: outline(seed, number, pulls, cases.get(number, ""), calendar)
            for number in range(1, pulls + 1)
        }
        self.outlines = dict(self._origins)  # with what changed after `now`
        self.repository = Repository(
            id=700_000_000 + chance.number(100_000_000, seed, owner, repository),
            owner=self.people.organization,
            name=repository,
            created_at=self.now - timedelta(days=900),
            pushed_at=self.now,
            private=private,
            open_issues=sum(item.ended_at is None for item in self.outlines.values()),
            **{"description": "Takes payloads up and brings the booster back.", **about},
        )
        self.renamings: list[tuple[datetime, str, Repository]] = []  # when, the name before, how it is since
        self._scene = Scene(seed, self.repository, self.people, calendar)
        self._histories: OrderedDict[int, tuple[Pull, list[Moment]]] = OrderedDict()
        self._later: dict[int, list[tuple[Moment, Repository]]] = {}
        self._by_update: list[int] | None = None

    @classmethod
    def generate(
        cls,
        *,
        seed: int = 7,
        owner: str = "acme",
        repository: str = "rocket",
        pulls: int = 240,
        now: datetime,
        private: bool = False,
        **about: Any,
    ) -> World:
        """`about`: further fields of `facts.Repository`, such as `archived` or `language`."""
        return cls(seed, owner, repository, pulls, now, private, **about)

    def __contains__(self, number: int) -> bool:
        return number in self.outlines

    def beginning(self, number: int) -> Pull:
        """The pull request as it was opened; a copy that the caller may fold moments into."""
        return self._history(number)[0].copy()

    def moments(self, number: int) -> list[Moment]:
        return [moment for moment, _ in self.told(number)]

    def told(self, number: int) -> list[tuple[Moment, Repository]]:
        """Each moment with the repository as it was then: a delivery once sent never changes."""
        first = [(moment, self._scene.repository) for moment in self._history(number)[1]]
        return [*first, *self._later.get(number, ())]

    def pull(self, number: int) -> Pull:
        """The pull request as it is now."""
        pull = self.beginning(number)
        for moment in self.moments(number):
            apply(pull, moment)
        return pull

    def numbers(self, state: str = "open", sort: str = "created", direction: str = "desc") -> list[int]:
        numbers = self._updated_order() if sort == "updated" else list(self.outlines)
        if state != "all":
            numbers = [number for number in numbers if self.outlines[number].state == state]
        return numbers[::-1] if direction == "desc" else numbers

    def add(self, number: int, moment: Moment) -> None:
        """Let something happen after `now`; whatever is asked from here on shows it."""
        if moment.at < self.outlines[number].updated_at:
            raise ValueError(f"#{number} was already updated after {moment.at}")
        later = self._later.setdefault(number, [])
        later.append((moment, self.repository))
        self.time = max(self.time, moment.at)
        before, pull = self.outlines[number], self.pull(number)
        self.outlines[number] = replace(
            before,
            updated_at=pull.updated_at,
            ended_at=pull.closed_at,
            merged=pull.merged_at is not None,
        )
        opened = (before.state == "closed") - (pull.state == "closed")
        self.repository = replace(self.repository, open_issues=self.repository.open_issues + opened)
        if moment.action == "synchronize" or moment.data.get("merged"):
            self.repository = replace(self.repository, pushed_at=moment.at)
        later[-1] = (moment, self.repository)
        self._by_update = None

    def deliveries(self, number: int, secret: str | None = None) -> list[Delivery]:
        """What a hook on the repository was sent about one pull request, in true order."""
        return deliveries.of_pull(self, number, secret)

    def all_deliveries(self, secret: str | None = None) -> list[Delivery]:
        """Of all pull requests and of the repository itself, in true order."""
        sent = deliveries.of_repository(self, secret)
        for number in self.outlines:
            sent += self.deliveries(number, secret)
        return sorted(sent, key=deliveries.sent_at)

    def repository_deliveries(self, secret: str | None = None) -> list[Delivery]:
        return deliveries.of_repository(self, secret)

    def ping(self, hook_url: str, secret: str | None = None) -> Delivery:
        return deliveries.ping(self, hook_url, secret)

    def rename(self, name: str) -> None:
        """The old name answers with a redirect; the numeric id stays."""
        self.time += timedelta(seconds=1)
        former, self.repository = self.repository.name, replace(self.repository, name=name)
        self.renamings.append((self.time, former, self.repository))

    def _updated_order(self) -> list[int]:
        if self._by_update is None:
            self._by_update = sorted(self.outlines, key=self._last_update)
        return self._by_update

    def _last_update(self, number: int) -> tuple[datetime, int]:
        return self.outlines[number].updated_at, number

    def _history(self, number: int) -> tuple[Pull, list[Moment]]:
        if number not in self._histories:
            self._histories[number] = Writer(self._scene, self._origins[number], self._shared(number)).write()
            if len(self._histories) > _KEPT:
                self._histories.popitem(last=False)
        return self._histories[number]

    def _shared(self, number: int) -> Commit | None:
        if number != self.named.get("shared_sha_too") or "shared_sha" not in self.named:
            return None
        return self._history(self.named["shared_sha"])[0].commits[0]
