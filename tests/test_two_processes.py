"""Two processes that store and process the same streams at once end with the tables of one."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.metrics.factories import TeamMemberFactory
from apps.teams.factories import TeamFactory
from apps.teams.models import Team
from ingest.models import ParkedEvent, Stream
from ingest.replay.processing import process
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    repository,
    repository_delivery,
    review,
    review_delivery,
    stamp,
    user,
)
from tests.processed import store, store_and_process
from tests.tables import tables

PULL_REQUESTS = 12
BATCH = 4


def history():
    """Pull requests on top of each other share commits; a rename comes between; one id is claimed twice."""
    events = [delivered(repository_delivery("renamed", repository("acme/store")), moment(hours=6))]
    for number in range(1, PULL_REQUESTS + 1):
        repo = repository("acme/shop" if number < 6 else "acme/store")
        at = moment(hours=number)
        opened = pull_request(number, repo=repo, created_at=stamp(at))
        done = merged(number, at=moment(hours=number + 8), repo=repo, created_at=stamp(at))
        approval = review(number, submitted_at=stamp(moment(hours=number + 2)), user=user("bob"))
        events += [
            delivered(delivery(opened, "opened"), at),
            delivered(review_delivery(approval, of=opened), moment(hours=number + 2)),
            fetched(done, moment(hours=30)),
            fetched(
                review(number, "DISMISSED", submitted_at=approval["submitted_at"]),
                moment(hours=31),
                number=number,
            ),
            *(
                fetched(commit(f"head {n}", (f"head {n - 1}",)), moment(hours=30 + number), number=number)
                for n in range(max(1, number - 3), number + 1)
            ),
        ]
    events.append(fetched(pull_request(99, id=pull_request(3)["id"]), moment(hours=30)))
    return events


def work(slug: str, seed: int) -> None:
    """What each process does: all of the history in its own order, every batch stored and processed."""
    team, chance = Team.objects.get(slug=slug), random.Random(seed)
    events = chance.sample(history(), len(history()))
    for i in range(0, len(events), BATCH):
        store(team, *events[i : i + BATCH])
        streams = Stream.for_team(team).values_list("team_id", "repository_id", "number")
        keys = sorted(streams)
        process(sorted(chance.sample(keys, min(len(keys), 6))))
    process(sorted(Stream.for_team(team).values_list("team_id", "repository_id", "number")))


@pytest.mark.django_db(transaction=True)
def test_two_processes_give_the_tables_of_one(run_manage):
    alone, together = TeamFactory(slug="alone"), TeamFactory(slug="together")
    for team in (alone, together):
        TeamMemberFactory(team=team, github_id=str(user("bob")["id"]))
    store_and_process(alone, *history())
    with ThreadPoolExecutor(2) as pool:
        code = "from tests.test_two_processes import work; work('together', {})"
        done = list(pool.map(lambda seed: run_manage("shell", "-c", code.format(seed), timeout=120), (1, 2)))
    assert [run.returncode for run in done] == [0, 0], done[0].stderr + done[1].stderr
    assert verify(Scope(team="together")).as_json()["different"] == []
    assert verify(Scope(team="together")).changed == 0
    assert tables(together) == tables(alone)
    assert not any(stream.pending for stream in Stream.objects.all())
    assert set(ParkedEvent.for_team(together).values_list("error", flat=True)) == {"Refused"}
