"""The state of a sign-in at GitHub: whose it is, how often it counts, and for how long."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from apps.integrations.services.connecting.oauth_state import LIFE, MOST, Reason, StateRefused, begin, end
from apps.teams.factories import TeamFactory
from apps.users.factories import UserFactory
from ingest.standin.oauth import challenge_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def team():
    return TeamFactory()


def refused(session, user, state, now=NOW):
    with pytest.raises(StateRefused) as caught:
        end(session, user, state, now)
    return caught.value.reason, caught.value.team_id


def test_what_begins_ends_once(user, team):
    session = {}
    begun = begin(session, user, team, NOW)
    ended = end(session, user, begun.state, NOW + LIFE - timedelta(seconds=1))
    assert ended.team_id == team.pk
    assert challenge_of(ended.verifier) == begun.challenge
    assert 43 <= len(ended.verifier) <= 128  # RFC 7636, 4.1
    assert refused(session, user, begun.state) == (Reason.USED, team.pk)


def test_it_expires(user, team):
    session = {}
    begun = begin(session, user, team, NOW)
    assert refused(session, user, begun.state, NOW + LIFE) == (Reason.EXPIRED, team.pk)
    assert refused(session, user, begun.state) == (Reason.USED, team.pk), "it was looked at once"


def test_another_browser_s_is_refused(user, team):
    begun = begin({}, user, team, NOW)
    assert refused({}, user, begun.state) == (Reason.USED, team.pk)


def test_another_person_s_is_refused_and_stays_theirs(user, team):
    session = {}
    begun = begin(session, user, team, NOW)
    assert refused(session, UserFactory(), begun.state) == (Reason.FOREIGN, None)
    assert end(session, user, begun.state, NOW).team_id == team.pk


@pytest.mark.parametrize("damage", ["", "x", "a:b", None, -1, 0])
def test_a_damaged_one_is_refused(user, team, damage):
    session = {}
    state = begin(session, user, team, NOW).state
    if damage is None:
        state += "x"
    elif isinstance(damage, int):
        state = state[:damage] + ("A" if state[damage] != "A" else "B") + state[damage + 1 or len(state) :]
    else:
        state = damage
    assert refused(session, user, state) == (Reason.UNREADABLE, None)


def test_one_signed_with_another_key_is_refused(user, team, settings):
    session = {}
    begun = begin(session, user, team, NOW)
    settings.SECRET_KEY = "another"
    assert refused(session, user, begun.state) == (Reason.UNREADABLE, None)


def test_several_tabs_and_not_endlessly_many(user, team):
    session = {}
    states = [begin(session, user, team, NOW + timedelta(seconds=i)).state for i in range(MOST + 1)]
    assert refused(session, user, states[0]) == (Reason.USED, team.pk)
    assert [end(session, user, state, NOW).team_id for state in states[1:]] == [team.pk] * MOST


def test_neither_state_nor_session_has_the_verifier(user, team):
    session = {}
    begun = begin(session, user, team, NOW)
    seen = f"{begun} {session}"
    verifier = end(session, user, begun.state, NOW).verifier
    assert str(verifier) not in seen
    assert sha256(verifier.encode()).hexdigest() not in seen
    assert str(verifier) not in repr(verifier)
