"""Who changes a team holds back others who do, and nobody who stores something for it."""

import threading

import pytest
from django.db import OperationalError, connection, connections, transaction

from apps.teams.factories import TeamFactory
from apps.teams.holding import hold
from ingest.log.append import append
from ingest.log.delivering import append_delivery
from tests import payloads
from tests.payloads import delivered

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer"),
]

EVENT = delivered(payloads.delivery(payloads.pull_request()))
WAIT = "200ms"


def waits(work):
    """Whether another connection's work has to wait for a lock."""
    found = []

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET lock_timeout = '{WAIT}'")
            work()
            found.append(False)
        except OperationalError:
            found.append(True)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return found == [True]


def held(team):
    with transaction.atomic():
        hold(team.pk)


def test_another_change_waits_and_no_event_does():
    team = TeamFactory()
    with transaction.atomic():
        hold(team.pk)
        assert waits(lambda: held(team))
        assert not waits(lambda: append_delivery(team.pk, EVENT))
        assert not waits(lambda: append(team, [EVENT]))
    assert not waits(lambda: held(team))
