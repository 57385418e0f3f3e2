"""What GitHub sends to a running installation ends in the tables of a replay in order, whatever its order."""

from __future__ import annotations

import random

import pytest
from django.db import connection

from apps.metrics.factories import TeamMemberFactory
from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from ingest.models import ParkedEvent, RawGitHubEvent
from tests.live.brokers import Files, RabbitMQ, Redis, why_not
from tests.live.conftest import SECRET
from tests.live.deliveries import made_up, recorded
from tests.live.posting import post_all
from tests.payloads import delivered
from tests.processed import store_and_process
from tests.tables import tables

SEED = 20260603


@pytest.fixture(params=[Files, Redis, RabbitMQ], ids=["files", "redis", "rabbitmq"])
def broker(request):
    if request.param is not Files and connection.vendor == "sqlite":
        pytest.skip("SQLite goes with the embedded broker")
    if reason := why_not(request.param):
        pytest.skip(reason)
    return request.param


def bodies_of(team):
    return sorted(RawGitHubEvent.for_team(team).values_list("delivery_id", "sha256"))


def test_shuffled_and_twice_gives_the_tables_of_a_replay_in_order(team, address, install, broker):
    sent = [*recorded(), *made_up(pulls=6)]
    assert len({one.id for one in sent}) == len(sent)
    alone = TeamFactory(slug="alone")
    for one in (team, alone):
        TeamMemberFactory(team=one, github_id="21031067")
    in_order = [delivered(one.body, event_type=one.event, delivery_id=one.id) for one in sent]
    store_and_process(alone, *in_order)

    installation = install(broker)
    installation.stack.callback(installation.broker.stop)
    installation.broker.start()
    installation.start(installation.web, installation.worker, installation.beat)
    shuffled = random.Random(SEED).sample(sent * 2, 2 * len(sent))
    answers = post_all(installation.port, address, shuffled, SECRET)
    assert set(answers) == {202}, installation.web.said()
    installation.wait_until_processed()

    assert tables(team) == tables(alone)
    assert bodies_of(team) == bodies_of(alone)
    assert len(bodies_of(team)) == len(sent)
    assert PullRequest.for_team(team).count() >= 6
    assert ParkedEvent.for_team(team).count() == ParkedEvent.for_team(alone).count()
    assert "Traceback" not in installation.web.said() + installation.worker.said(), installation.worker.said()
