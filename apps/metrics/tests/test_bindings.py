"""Who a row's person is: by the account's id; by login only a member whose id is not known."""

import pytest

from apps.metrics.factories import TeamMemberFactory
from apps.metrics.models import Commit, PRReview, PullRequest
from apps.metrics.projection.bindings import bind_member
from apps.teams.factories import TeamFactory
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests.payloads import commit, fetched, pull_request, review, user
from tests.processed import store_and_process

pytestmark = pytest.mark.django_db

ALICE = user("alice")


@pytest.fixture
def team():
    return TeamFactory()


def member(team, **changes):
    return TeamMemberFactory(team=team, **({"github_id": "", "github_username": ""} | changes))


def write(team, who=ALICE, number=7):
    """A pull request, a review and a commit by one person."""
    store_and_process(
        team,
        fetched(pull_request(number, user=who)),
        fetched(review(number, user=who), number=number),
        fetched(commit(f"head {number}", author=who), number=number),
    )


def bound():
    """The one that all rows are bound to."""
    found = {
        *PullRequest.objects.values_list("author", flat=True),
        *PRReview.objects.values_list("reviewer", flat=True),
        *Commit.objects.values_list("author", flat=True),
    }
    (one,) = found
    assert verify(Scope()).changed == 0
    return one


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("known", "is_she"),
    [
        ({"github_id": str(ALICE["id"])}, True),
        ({"github_id": str(ALICE["id"]), "github_username": "former-login"}, True),
        ({"github_username": "alice"}, True),
        ({"github_username": "Alice"}, True),
        # A login that passed to someone else: the id says who it is.
        ({"github_id": "1", "github_username": "alice"}, False),
        ({"github_id": "1"}, False),
        ({}, False),
    ],
)
def test_a_member_that_is_there_before_or_comes_after(team, before, known, is_she):
    if not before:
        write(team)
        assert bound() is None
    found = member(team, **known)
    if before:
        write(team)
    else:
        assert bind_member(found) == (3 if is_she else 0)
    assert bound() == (found.pk if is_she else None)
    assert bind_member(found) == 0


def test_the_member_with_the_id_comes_before_the_one_with_the_login(team):
    by_login = member(team, github_username="alice")
    write(team)
    assert bound() == by_login.pk
    by_id = member(team, github_id=str(ALICE["id"]))
    bind_member(by_id)
    assert bound() == by_id.pk
    assert bind_member(by_login) == 0


def test_a_member_who_gets_an_id_lets_go_of_another_accounts_rows(team):
    found = member(team, github_username="alice")
    write(team)
    found.github_id = "1"
    found.save()
    assert bind_member(found) == 3
    assert bound() is None


def test_a_member_whose_login_changes(team):
    found = member(team, github_username="alice")
    write(team)
    found.github_username = "carol"
    found.save()
    assert bind_member(found) == 3
    assert bound() is None


def test_of_two_members_of_one_login_the_first_is_meant(team):
    first, second = (member(team, github_username="alice") for _ in range(2))
    write(team)
    assert bound() == first.pk
    assert bind_member(second) == 0
    assert bound() == first.pk


def test_when_a_member_lets_go_the_next_one_is_found(team):
    first, second = member(team, github_id=str(ALICE["id"])), member(team, github_username="alice")
    write(team)
    first.github_id = "1"
    first.save()
    bind_member(first)
    assert bound() == second.pk


def test_a_member_who_is_deleted(team):
    found = member(team, github_id=str(ALICE["id"]))
    write(team)
    found.delete()
    assert bound() is None
    assert PullRequest.objects.get().author_name == "alice"


def test_another_teams_member_is_nobody_here(team):
    stranger = member(TeamFactory(), github_id=str(ALICE["id"]))
    write(team)
    assert bound() is None
    assert bind_member(stranger) == 0


@pytest.mark.parametrize("github_id", ["x1", "9" * 40, " 5"])
def test_an_id_that_is_no_number_is_nobodys(team, github_id):
    write(team)
    assert bind_member(member(team, github_id=github_id, github_username="alice")) == 0
    assert bound() is None


def test_names_of_people(team):
    write(team)
    row = PullRequest.objects.get()
    assert row.author_name == "alice"
    member(team, github_id=str(ALICE["id"]), display_name="Alice A.")
    replay(Scope())
    assert PullRequest.objects.get().author_name == "Alice A."
    assert str(PRReview.objects.get()) == "approved by Alice A."


@pytest.mark.parametrize("who", [None, {}])
def test_a_ghost_is_nobody(team, who):
    member(team, github_username="")
    write(team, who)
    assert bound() is None
    assert PullRequest.objects.get().author_name == "ghost"
