import re

import pytest

from apps.dashboard.numbers import numbers
from apps.metrics.factories import PullRequestFactory
from apps.teams.factories import MembershipFactory, TeamFactory
from apps.users.factories import UserFactory
from ingest.models import Run
from tests import payloads
from tests.processed import store, store_and_process

pytestmark = pytest.mark.django_db


def test_the_only_team_is_at_home(client, team):
    home, own = client.get("/"), client.get("/a/ours/")
    assert home.status_code == 200
    assert home.context["team"] == own.context["team"] == team


def test_of_several_teams_one_is_chosen(client, team):
    stranger = TeamFactory()
    second = MembershipFactory(team__name="Second team", user=team.memberships.get().user).team
    answer = client.get("/")
    assert answer.status_code == 200
    assert f'href="/a/{second.slug}/"' in answer.text
    assert 'href="/a/ours/"' in answer.text
    assert stranger.name not in answer.text


def test_somebody_without_a_team_is_told_so(client):
    TeamFactory()
    client.force_login(UserFactory(email="new@example.com"))
    assert "in no team yet" in client.get("/").text


def test_an_empty_team_is_told_what_to_do(client, team):
    text = client.get("/a/ours/").text
    assert "manage.py backfill OWNER/REPO --team ours" in text
    assert "0.00" not in text


def test_numbers_that_are_not_there_are_dashes(client, team):
    PullRequestFactory(team=team)
    text = client.get("/a/ours/").text
    assert len(re.findall(r"<dd[^>]*>-</dd>", text)) == 4
    assert "n = 0 merged" in text


def test_the_page_shows_the_numbers(client, team, django_assert_num_queries):
    store_and_process(team, payloads.fetched(payloads.pull_request(7)))
    Run.objects.create(team=team, kind=Run.Kind.BACKFILL, scope={"repository": "acme/older"})
    Run.objects.create(
        team=team,
        kind=Run.Kind.BACKFILL,
        state=Run.State.COMPLETE,
        scope={"repository": "acme/shop"},
        counters={"requests": 1234},
    )
    Run.objects.create(team=team, kind=Run.Kind.REPLAY)
    client.get("/a/ours/")
    # Session, user, membership; states, hours; events, run and what is parked of its repository,
    # replays.
    with django_assert_num_queries(9):
        answer = client.get("/a/ours/")
    shown = answer.context["numbers"]
    assert shown == numbers(team)
    assert shown.events == {"pull_request": 1}
    assert shown.backfill["repository"] == "acme/shop"
    assert "1,234" in answer.text
    assert "acme/older" not in answer.text


def test_events_of_other_teams_are_not_counted(client, team):
    other = MembershipFactory().team
    store(other, payloads.fetched(payloads.pull_request(7)))
    assert numbers(team).events == {}
    assert numbers(other).stored == 1
