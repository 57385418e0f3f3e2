import threading

import pytest
from django.db import connection

from apps.teams.factories import TeamFactory
from ingest.backfill.starting import active, start
from ingest.backfill.window import Window
from ingest.models import Run
from ingest.runs.lease import NotFree, take


@pytest.mark.django_db
def test_a_second_start_finds_the_first():
    team = TeamFactory()
    first, created = start(team, 1, "acme/rocket", Window())
    again, created_again = start(team, 1, "acme/rocket", Window(7))
    assert (created, created_again) == (True, False)
    assert again == first == active(team, 1)
    assert again.scope["window"] == {"days": 90, "open": True}


@pytest.mark.django_db
def test_another_repository_and_another_team_have_their_own():
    team = TeamFactory()
    start(team, 1, "acme/rocket", Window())
    assert start(team, 2, "acme/booster", Window())[1]
    assert start(TeamFactory(), 1, "acme/rocket", Window())[1]


@pytest.mark.django_db
@pytest.mark.parametrize("state", [Run.State.COMPLETE, Run.State.FAILED, Run.State.CANCELLED])
def test_after_its_end_there_is_a_new_one(state):
    team = TeamFactory()
    first, _ = start(team, 1, "acme/rocket", Window())
    take(first).leave(state)
    assert active(team, 1) is None
    assert start(team, 1, "acme/rocket", Window())[1]


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_works():
    team = TeamFactory()
    together = threading.Barrier(6)
    runs, leases, refused = [], [], []

    def work():
        try:
            together.wait(10)
            run, _ = start(team, 1, "acme/rocket", Window())
            runs.append(run.pk)
            leases.append(take(run))
        except NotFree:
            refused.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(runs) == 6
    assert len(set(runs)) == Run.objects.count() == 1
    assert (len(leases), len(refused)) == (1, 5)
