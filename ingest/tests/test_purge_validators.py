"""What was deleted must be fetched again: no validator may outlive it."""

import pytest

from apps.teams.factories import TeamFactory
from ingest.log.append import append
from ingest.log.purging import purge
from ingest.models import Validator
from tests import payloads
from tests.payloads import REPOSITORY_ID, fetched, moment

pytestmark = pytest.mark.django_db


def team_with_pulls():
    team = TeamFactory()
    append(team, [fetched(payloads.pull_request(n), moment(hours=n)) for n in (7, 8)])
    return team


def validator(team, repository_id, url="pulls"):
    return Validator.objects.create(
        team=team, repository_id=repository_id, url=url, token="t", etag='"e"', event_id=1
    )


def test_a_purge_takes_the_validators_of_its_repository():
    team = team_with_pulls()
    validator(team, REPOSITORY_ID)
    others = {validator(team, REPOSITORY_ID + 1), validator(TeamFactory(), REPOSITORY_ID)}

    purge(team, {REPOSITORY_ID: "acme/shop"}, "ada@example.com")

    assert set(Validator.objects.all()) == others


def test_a_purge_of_a_team_takes_all_of_its_validators():
    team, other = team_with_pulls(), TeamFactory()
    validator(team, REPOSITORY_ID)
    validator(team, REPOSITORY_ID + 1)
    left = validator(other, REPOSITORY_ID)

    purge(team, None, "ada@example.com")

    assert set(Validator.objects.all()) == {left}


def test_validators_that_a_backfill_writes_during_a_purge_go_with_the_next_stream():
    team = team_with_pulls()
    purged = []

    def step(counts):
        purged.append(counts["streams"])
        if len(purged) == 1:
            validator(team, REPOSITORY_ID)

    purge(team, {REPOSITORY_ID: "acme/shop"}, "ada@example.com", step)

    assert purged == [1, 2]
    assert not Validator.objects.exists()
