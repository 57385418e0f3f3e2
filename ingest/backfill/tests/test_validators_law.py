"""Whatever happens, a log that was fetched with validators is the one that would be without."""

import random
from datetime import timedelta

import pytest

from apps.teams.factories import TeamFactory
from ingest.backfill.validating import Validating
from ingest.backfill.window import Window
from ingest.github.pacing import Pacer
from ingest.log.append import append
from ingest.log.facts import NewEvent
from ingest.log.purging import purge
from ingest.models import Run, Validator
from ingest.standin import World, running
from ingest.standin.server import Standin
from tests.tables import log_of

from .conftest import NOW, expire

pytestmark = pytest.mark.django_db

CHANGES = ("touch", "retitle", "back", "push", "force_push", "review", "dismiss", "close", "reopen")


class Killed(BaseException):
    """Nothing catches it, as nothing runs after a SIGKILL."""


class DeadlyPacer(Pacer):
    """Lets so many requests begin."""

    def __init__(self, requests):
        super().__init__(None)
        self.left = requests

    def wait(self, resource="rest"):
        if not self.left:
            raise Killed
        self.left -= 1


def etags_of_bodies_alone(monkeypatch):
    """Nothing says that GitHub's ETag knows of the next page, or that a 304 names it."""
    unchanged = Standin._unchanged

    def without_links(self, request, answer):
        links = answer.headers.pop("Link", None)
        found = unchanged(self, request, answer)
        if links and found.status != 304:
            found.headers["Link"] = links
        return found

    monkeypatch.setattr(Standin, "_unchanged", without_links)


def possible(change, pull):
    if change == "dismiss":
        return any(review.state in ("APPROVED", "CHANGES_REQUESTED") for review in pull.reviews)
    if change == "reopen":
        return pull.state == "closed" and not pull.merged_at
    return change != "close" or pull.state == "open"


class Story:
    """Two teams to whom the same happens, one of them without validators."""

    def __init__(self, seed, standin, clock, backfill):
        self.dice = random.Random(seed)
        self.standin, self.clock, self.backfill = standin, clock, backfill
        self.teams = TeamFactory(), TeamFactory()
        clock.now = self.world.time
        self.told = []
        self.changed = None

    @property
    def world(self):
        return self.standin.world

    def happen(self):
        what = self.dice.choices(["change", "time", "deliver", "sync", "purge"], [6, 3, 2, 6, 0.3])[0]
        self.told.append(what)
        getattr(self, what)()

    def change(self):
        number = self.dice.choice(list(self.world.outlines))
        change = self.dice.choice(CHANGES)
        # Often in the second of the last one, or of an answer, which `updated_at` does not tell apart.
        now = max(self.world.time, self.clock.now.replace(microsecond=0))
        at = now + timedelta(seconds=self.dice.choice([0, 0, 1, 5]))
        pull = self.world.pull(number)
        if change == "retitle":
            self.world.retitle(number, "Another title", at=at)
        elif change == "back":
            self.world.retitle(number, self.world.beginning(number).title, at=at)
        elif not possible(change, pull):
            return
        else:
            getattr(self.world, change)(number, at=at)
        self.clock.now = max(self.clock.now, self.world.time)
        self.changed = number

    def time(self):
        self.clock.forward(seconds=self.dice.choice([0.6, 1, 3, 7200]))

    def deliver(self):
        """Mostly of what changed last: a delivery knows fractions of the second that an answer names."""
        number = self.dice.choice([self.changed, self.changed, *self.world.outlines])
        if number is None:
            return
        for sent in self.world.deliveries(number)[-self.dice.randint(1, 3) :]:
            event = NewEvent("webhook", sent.event, sent.body, delivery_id=sent.id, headers=sent.headers)
            for team in self.teams:
                append(team, [event])

    def sync(self):
        window = self.dice.choice(
            [Window(20), Window(), Window(None), Window(since=self.clock.now - timedelta(hours=1))]
        )
        requests = self.dice.choice([None, None, 1, 3, 8, 20])
        asked = []
        for team in self.teams:
            self.standin.requests.clear()
            client = {"pacer": DeadlyPacer(-1 if requests is None else requests)}
            try:
                self.backfill(self.standin, team, window, client=client, replay=False)
            except Killed:
                expire(team)
            asked.append([request.path for request in self.standin.requests.all])
        assert asked[0] == asked[1], self.told

    def purge(self):
        for team in self.teams:
            purge(team, {self.world.repository.id: "acme/rocket"}, "ada@example.com")


@pytest.mark.parametrize("bodies_alone", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_log_is_the_same_with_and_without(small_pages, monkeypatch, clock, backfill, seed, bodies_alone):
    if bodies_alone:
        etags_of_bodies_alone(monkeypatch)
    find, without = Validating._find, set()

    def find_or_not(self, *arguments):
        return None if self.work.team.pk in without else find(self, *arguments)

    monkeypatch.setattr(Validating, "_find", find_or_not)
    with running(World.generate(seed=seed, pulls=5, now=NOW), clock=clock) as standin:
        story = Story(seed, standin, clock, backfill)
        without.add(story.teams[1].pk)
        for _ in range(25):
            story.happen()
            assert log_of(story.teams[0]) == log_of(story.teams[1]), story.told
        story.sync()

    assert log_of(story.teams[0]) == log_of(story.teams[1])
    assert Validator.for_team(story.teams[0]).exists() or not Run.for_team(story.teams[0]).exists()
