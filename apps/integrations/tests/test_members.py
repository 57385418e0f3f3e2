"""Members of the organisation become rows: by id, then by login, never twice, never gone."""

from dataclasses import replace
from datetime import timedelta

import pytest
import responses
from django.utils import timezone

from apps.integrations.factories import GitHubIntegrationFactory
from apps.integrations.models import GitHubIntegration
from apps.integrations.services.connecting import members
from apps.integrations.services.connecting.members import due, import_members_of
from apps.integrations.services.github_client import client_for
from apps.integrations.tasks import import_members, import_old_members
from apps.metrics.factories import PullRequestFactory, TeamMemberFactory
from apps.metrics.models import TeamMember
from ingest.github.errors import GitHubError

pytestmark = pytest.mark.django_db


@pytest.fixture
def integration(standin, world):
    people = world.people
    return GitHubIntegrationFactory(
        organization_slug="acme",
        organization_id=people.organization.id,
        credential__github_user_id=people.viewer.id,
        credential__github_login=people.viewer.login,
    )


def imported(integration):
    integration.refresh_from_db()
    with client_for(integration.credential) as client:
        return import_members_of(integration, client)


def rows(integration):
    return {m.github_id: m for m in TeamMember.for_team(integration.team)}


def test_a_first_import(integration, world):
    found = imported(integration)
    people = world.people.members
    assert (found.members, found.new, found.left) == (len(people), len(people), 0)
    assert {(m.github_id, m.github_username, m.display_name) for m in rows(integration).values()} == {
        (str(person.id), person.login, person.name) for person in people
    }
    integration.refresh_from_db()
    assert integration.members_imported_at
    assert integration.members_problem == ""


def test_a_second_import_changes_nothing_and_asks_for_no_name_again(integration, standin):
    imported(integration)
    before = list(TeamMember.objects.order_by("pk").values())
    asked = standin.requests.count("users")
    assert asked == len(before)
    found = imported(integration)
    assert (found.new, found.left) == (0, 0)
    assert list(TeamMember.objects.order_by("pk").values()) == before
    assert standin.requests.count("users") == asked


def test_known_ones_are_found_by_id_then_by_login(integration, world):
    first, second, third = world.people.members[:3]
    by_id = TeamMemberFactory(team=integration.team, github_id=str(first.id), github_username="former")
    by_login = TeamMemberFactory(
        team=integration.team, github_id="", github_username=second.login.upper(), display_name="Mine"
    )
    # A login that passed to somebody else: the id says who it is.
    other = TeamMemberFactory(team=integration.team, github_id="1", github_username=third.login)
    found = imported(integration)
    assert found.new == len(world.people.members) - 2
    known = rows(integration)
    assert known[str(first.id)].pk == by_id.pk
    assert known[str(first.id)].github_username == first.login
    assert known[str(second.id)].pk == by_login.pk
    assert known[str(second.id)].display_name == "Mine"
    assert known[str(third.id)].pk != other.pk


def test_who_takes_a_new_login_keeps_the_row(integration, world):
    imported(integration)
    person = world.people.members[4]
    before = rows(integration)[str(person.id)]
    renamed = replace(person, login="new-login")
    world.people = replace(
        world.people, members=(*world.people.members[:4], renamed, *world.people.members[5:])
    )
    assert imported(integration).new == 0
    after = rows(integration)[str(person.id)]
    assert (after.pk, after.github_username, after.display_name) == (before.pk, "new-login", person.name)


def test_who_leaves_is_not_active_and_may_come_back(integration, world):
    imported(integration)
    everybody = world.people.members
    world.people = replace(world.people, members=everybody[:-2])
    by_hand = TeamMemberFactory(team=integration.team, github_id="", github_username="contractor")
    stranger = TeamMemberFactory(github_id=str(everybody[-1].id))
    assert imported(integration).left == 2
    gone = TeamMember.for_team(integration.team).filter(is_active=False)
    assert {m.github_username for m in gone} == {person.login for person in everybody[-2:]}
    for row in (by_hand, stranger):
        row.refresh_from_db()
        assert row.is_active
    world.people = replace(world.people, members=everybody)
    assert imported(integration).new == 0
    assert not gone.all().exists()


def test_authors_are_bound(integration, world):
    first, second = world.people.members[:2]
    team = integration.team
    earlier = PullRequestFactory(team=team, author=None, author_github_id=first.id, author_login=first.login)
    by_login = TeamMemberFactory(team=team, github_id="", github_username=second.login)
    theirs = PullRequestFactory(
        team=team, author=by_login, author_github_id=second.id, author_login=second.login
    )
    imported(integration)
    earlier.refresh_from_db()
    theirs.refresh_from_db()
    assert earlier.author == rows(integration)[str(first.id)]
    assert theirs.author == by_login
    # A chunk that had read the members before wrote its rows after.
    type(earlier).objects.update(author=None)
    imported(integration)
    earlier.refresh_from_db()
    assert earlier.author == rows(integration)[str(first.id)]


@pytest.mark.parametrize("reason", ["scope", "outsider"])
def test_where_not_all_are_shown_nobody_is_declared_gone(integration, world, standin, reason):
    imported(integration)
    if reason == "scope":
        standin.behaviour.scopes = "repo"
        type(integration.credential).objects.update(scopes=["repo"], permissions={})
    else:
        outsider = world.people.outsiders[0]
        standin.behaviour.person = outsider.login
        type(integration.credential).objects.update(github_user_id=outsider.id, github_login=outsider.login)
    before = GitHubIntegration.objects.get().members_imported_at
    assert imported(integration).left == 0
    assert not TeamMember.objects.filter(is_active=False).exists()
    integration.refresh_from_db()
    assert integration.members_problem
    assert integration.members_imported_at == before


@responses.activate
def test_an_empty_list_says_nothing_of_anybody(settings):
    settings.GITHUB_API_URL = "https://github.example.com"
    integration = GitHubIntegrationFactory(organization_slug="acme")
    TeamMemberFactory(team=integration.team)
    responses.get("https://github.example.com/orgs/acme/members", json=[])
    assert imported(integration).left == 0
    integration.refresh_from_db()
    assert "no members" in integration.members_problem


def test_a_personal_account_has_its_owner(integration, world):
    viewer = world.people.viewer
    GitHubIntegration.objects.update(
        is_personal=True, organization_slug=viewer.login, organization_id=viewer.id
    )
    colleague = TeamMemberFactory(team=integration.team)
    imported(integration)
    colleague.refresh_from_db()
    assert colleague.is_active
    assert rows(integration)[str(viewer.id)].display_name == viewer.name


def test_at_most_so_many_names_an_import(integration, standin, monkeypatch):
    monkeypatch.setattr(members, "NAMES", 5)
    for asked in (5, 10, 12, 12):
        imported(integration)
        assert standin.requests.count("users") == asked


def test_a_limit_at_the_names_is_no_failure(integration, standin, world):
    standin.behaviour.rate_limit = 3
    imported(integration)
    integration.refresh_from_db()
    assert integration.members_problem == ""
    assert len(rows(integration)) == len(world.people.members)


@pytest.mark.parametrize(
    ("behaviour", "problem"),
    [
        ({"tokens": set()}, "no longer takes the team's token"),
        ({"saml": True}, "single sign-on"),
        ({"rate_limit": 0}, "rate limit"),
    ],
)
def test_what_github_refuses_stands_in_the_row(integration, standin, behaviour, problem):
    for name, value in behaviour.items():
        setattr(standin.behaviour, name, value)
    with pytest.raises(GitHubError):
        imported(integration)
    integration.refresh_from_db()
    assert problem in integration.members_problem
    import_members(integration.pk)
    integration.credential.refresh_from_db()
    assert (integration.credential.status == "revoked") == ("tokens" in behaviour)


def test_a_token_whose_key_is_gone(integration):
    type(integration.credential).objects.update(access_token="damaged")
    import_members(integration.pk)
    integration.refresh_from_db()
    assert "cannot be decrypted" in integration.members_problem


def test_an_organisation_that_is_gone(integration):
    GitHubIntegration.objects.update(organization_slug="gone")
    import_members(integration.pk)
    integration.refresh_from_db()
    assert "choose another one" in integration.members_problem


def test_beat_asks_once_a_day_and_again_where_it_failed(integration, monkeypatch):
    now = timezone.now()
    GitHubIntegrationFactory(credential__source="environment")
    GitHubIntegrationFactory(organization_id=None, organization_slug="")
    GitHubIntegrationFactory(credential__status="disconnected")
    assert due(now) == [integration.pk]
    sent = []
    monkeypatch.setattr(import_members, "delay", sent.append)
    import_old_members()
    assert sent == [integration.pk]
    imported(integration)
    assert due(now + timedelta(hours=1)) == []
    assert due(now + timedelta(hours=24)) == [integration.pk]


def test_another_team_s_people_stay_as_they_are(integration, world):
    person = world.people.members[0]
    theirs = TeamMemberFactory(github_id=str(person.id), github_username="theirs")
    imported(integration)
    theirs.refresh_from_db()
    assert theirs.github_username == "theirs"
    assert rows(integration)[str(person.id)].pk != theirs.pk
