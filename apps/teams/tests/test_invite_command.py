import pytest
from django.core.management import CommandError, call_command

from apps.teams.factories import TeamFactory
from apps.teams.models import Invitation, Membership
from apps.teams.tests.test_memberships import audited

pytestmark = pytest.mark.django_db


def link(capsys, *arguments: str) -> str:
    call_command("invite", "New@example.com", *arguments)
    printed: str = capsys.readouterr().out
    return printed.strip().removeprefix("http://127.0.0.1:8000")


def test_the_first_of_a_team_that_a_command_made_is_its_admin(client, capsys):
    team = TeamFactory(slug="acme")
    page = client.get(link(capsys, "--team", "acme"), follow=True)
    assert "new@example.com</b> is invited to be an admin" in page.text
    new = {"email": "new@example.com", "password1": "correct horse b", "password2": "correct horse b"}
    client.post("/sign-up/", new)
    assert client.post("/join/").url == "/a/acme/"
    assert Membership.objects.get(team=team).role == "admin"
    assert audited(team)[0] == ("manage.py invite", "invited", {"email": "new@example.com", "role": "admin"})


def test_where_there_is_an_admin_it_is_a_member(team, capsys):
    link(capsys, "--team", "ours")
    assert Invitation.objects.get().role == "member"


def test_a_second_call_makes_a_new_link(team, client, capsys):
    first, second = link(capsys, "--team", "ours"), link(capsys, "--team", "ours")
    assert client.get(first, follow=True).status_code == 404
    assert client.get(second, follow=True).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["new@example.com", "--team", "none"], 2, "no team 'none'"),
        (["nobody", "--team", "ours"], 2, "no e-mail address"),
        (["admin@example.com", "--team", "ours"], 1, "a member of Ours already"),
    ],
)
def test_mistakes_are_said_in_one_line(team, arguments, status, said):
    with pytest.raises(CommandError, match=said) as error:
        call_command("invite", *arguments)
    assert error.value.returncode == status
