"""The scope in the address: that of the list of events, and of the command."""

from datetime import UTC, datetime

import pytest
from django.http import QueryDict

from apps.dashboard.replays.forms import MOST_EVENTS, ScopeForm, in_words, is_whole_team, parameters, query_of
from apps.teams.factories import TeamFactory
from ingest.models import RawGitHubEvent
from ingest.pages.filters import Filters
from ingest.replay.scope import Scope
from tests.payloads import REPOSITORY_ID, fetched, merged
from tests.processed import store

pytestmark = pytest.mark.django_db


def read(team, query: str) -> ScopeForm:
    return ScopeForm(team, QueryDict(query))


@pytest.mark.parametrize(
    "query",
    [
        "status=parked",
        "status=pending&status=parked",
        "repo=4000000001&number=7",
        "type=pull_request&action=closed&source=webhook&actor=alice",
        "since=2026-01-31T10:00&until=2026-02-01",
        "run=12",
        "q=0123456789abcdef0123456789abcdef01234567",
        "q=0a1b2c3",
    ],
)
def test_it_is_the_scope_of_the_list_of_events(team, query):
    form = read(team, query)
    assert form.is_valid()
    assert form.scope() == Filters.read(QueryDict(query)).scope(team)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(stale=True),
        Scope(status=("parked",), repo="5", pr=7, event_type="push", action="x", source="rest", actor="bob"),
        Scope(since=datetime(2026, 1, 31, 10, tzinfo=UTC), until=datetime(2026, 2, 1, tzinfo=UTC)),
        Scope(run=12, object_id="a" * 40),
        Scope(sha="0a1b2c3"),
    ],
)
def test_an_address_says_the_whole_scope(team, scope):
    scope = scope.of_team("ours")
    form = read(team, query_of(scope)[1:])
    assert form.is_valid(), form.errors
    assert form.scope() == scope
    assert bool(in_words(scope, {})) is (not is_whole_team(scope))


def test_what_a_command_was_asked_for_can_be_asked_again(team):
    assert parameters(Scope(team="ours", parked=True)) == [("status", "parked")]


def test_single_events_are_named_and_are_the_teams(team):
    store(team, fetched(merged(1)))
    store(TeamFactory(), fetched(merged(1)))
    mine, other = RawGitHubEvent.objects.order_by("pk").values_list("pk", flat=True)
    form = read(team, f"event={mine}")
    assert form.is_valid()
    assert form.scope().events == (mine,)
    assert not read(team, f"event={mine}&event={other}").is_valid()


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("status=nonsense", "status"),
        ("number=x", "number"),
        ("number=-1", "number"),
        ("since=yesterday", "2026-01-31"),
        ("since=2026-02-01&until=2026-01-01", "span"),
        ("repo=acme/unknown", "acme/unknown"),
        ("payload=action = 'x'", "payload"),
        ("event=x", "number"),
        ("&".join(f"event={n}" for n in range(MOST_EVENTS + 1)), "At most 500"),
    ],
)
def test_what_makes_no_sense_is_said(client, team, query, told):
    answer = client.get(f"/a/ours/replays/new/?{query}")
    assert answer.status_code == 200
    assert told in str(answer.context["form"].errors)
    assert "Run it on" not in answer.text


def test_a_repository_is_called_by_its_name(client, team, pulls):
    page = client.get("/a/ours/replays/new/?repo=ACME/shop&number=3")
    assert page.context["words"] == ["repository: acme/shop", "pull request: 3"]
    assert page.context["scope"].repo == str(REPOSITORY_ID)
