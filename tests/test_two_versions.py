"""A rolling deploy: processes of two versions at the same streams."""

from __future__ import annotations

import json

import pytest

from apps.metrics.models import Commit, PRReview, PullRequest
from apps.metrics.projection.version import VERSION
from ingest.live.pending import is_pending
from ingest.models import Stream
from ingest.replay.processing import process
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests.payloads import delivered, delivery, moment, pull_request, stamp
from tests.processed import all_streams, store
from tests.replay_processes import PULLS, ended, processes, team
from tests.tables import tables

__all__ = ["processes", "team"]

pytestmark = pytest.mark.django_db(transaction=True)

# What a process does to be of another version.
BE = "".join(
    f"import {module}; {module}.VERSION = {{0}}\n"
    for module in (
        "apps.metrics.projection.version",
        "apps.metrics.projection.writer",
        "apps.metrics.projection.shared_commits",
        "ingest.replay.processing",
        "ingest.replay.scope",
        "ingest.replay.sharing",
        "ingest.replay.starting",
        "ingest.live.pending",
    )
)
REPLAY = "from ingest.replay.replaying import replay; from ingest.replay.scope import Scope\n"
REVIEWS = PRReview.objects.filter(pull_request__number=5)
OLDER = BE.format(VERSION - 1)


def test_the_older_one_overwrites_nothing_and_its_deliveries_wait(team, processes):
    process(all_streams())
    PullRequest.objects.update(title="As the newer code makes it")
    at = moment(hours=40)
    store(team, delivered(delivery(pull_request(1, title="Edited", updated_at=stamp(at)), "edited"), at))
    before = tables(team)
    live = "from ingest.live.pending import is_pending, work_off\nwork_off(); assert not is_pending()\n"
    checked = (
        "found = replay(Scope()).as_json()\n"
        f"assert (found['left_to_newer_version'], found['streams']) == ({PULLS}, 0), found\n"
    )
    ended(processes.start(OLDER + live + REPLAY + checked))
    assert tables(team) == before
    assert Stream.objects.get(number=1).pending == 1
    assert is_pending(), "the newer one's workers find it"


def test_both_at_once_end_with_what_the_newer_one_makes(team, processes):
    again = REPLAY + "for _ in range(3): replay(Scope(team='us'))\n"
    both = [processes.start(OLDER + again), processes.start(again)]
    for one in both:
        ended(one)
    replay(Scope(stale=True))
    assert set(Stream.for_team(team).values_list("version", flat=True)) == {VERSION}
    assert not Stream.for_team(team).filter(applied=0).exists()
    assert verify(Scope(team="us")).changed == 0


def test_stale_touches_only_what_an_older_one_made(team, processes):
    older = [("us", number) for number in (3, 4)]
    ended(processes.start(OLDER + REPLAY + "for n in (3, 4): replay(Scope(pr=n))\n"))
    process([key for key in all_streams() if key[2] not in (3, 4)])
    assert [("us", s.number) for s in Scope(stale=True).streams().order_by("number")] == older
    assert replay(Scope(stale=True)).as_json()["streams"] == 2
    assert not Scope(stale=True).streams().exists()


@pytest.mark.parametrize(
    ("rows", "left"),
    [(Commit.objects.filter(number=5), 2), (PullRequest.objects.filter(number=5), 1), (REVIEWS, 1)],
    ids=["a shared commit: both streams that hold it", "a pull request", "a review"],
)
def test_a_row_of_the_newer_one_is_left_with_its_streams(team, run_manage, rows, left):
    process(all_streams())
    assert rows.all().update(version=VERSION + 1) == 1
    before = tables(team)
    for more in ([], ["--dry-run"], ["--verify"]):
        found = run_manage("replay", "--team", "us", "--format", "json", *more)
        assert found.returncode == 1
        report = json.loads(found.stdout)
        assert (report["left_to_newer_version"], report["streams"]) == (left, PULLS - left)
        assert f"{left} streams were left alone: a newer version" in found.stderr
    assert tables(team) == before
