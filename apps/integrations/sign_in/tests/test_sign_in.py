"""Whom GitHub signs in."""

from dataclasses import replace

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.test import Client

from apps.integrations.sign_in.tests.conftest import ALICE, link, sign_in, to_github
from apps.users.factories import UserFactory
from apps.users.models import User

pytestmark = pytest.mark.django_db


def confirm(user, email=""):
    return EmailAddress.objects.create(user=user, email=email or user.email, verified=True, primary=True)


def signed_in_as(client):
    return (
        User.objects.get(pk=client.session["_auth_user_id"]).email
        if "_auth_user_id" in client.session
        else None
    )


def test_who_is_linked(client, alice):
    browser = Client()
    browser.force_login(alice)
    assert "amara-osei</b> is linked and signs you in" in link(browser).text
    assert sign_in(client).url == "/"
    assert signed_in_as(client) == ALICE


def test_where_they_wanted_to_go(client, alice):
    client.force_login(alice)
    link(client)
    client.logout()
    page = client.get("/a/ours/pulls/", follow=True)
    assert page.text.count('name="next" value="/a/ours/pulls/"') == 2
    assert sign_in(client, next="/a/ours/pulls/").url == "/a/ours/pulls/"


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com"])
def test_nobody_is_led_to_another_site(client, settings, elsewhere):
    settings.SIGN_UP = "open"
    assert sign_in(client, next=elsewhere).url == "/"


def test_whoever_takes_another_name_stays_who_they_are(client, alice, standin, world):
    confirm(alice)
    sign_in(client)
    people = world.people
    world.people = replace(people, members=(replace(people.viewer, login="amara"), *people.members[1:]))
    standin.behaviour.emails = (("elsewhere@example.com", True),)
    again = Client()
    assert sign_in(again).url == "/"
    assert signed_in_as(again) == ALICE
    assert "<b>amara</b> is linked" in again.get("/account/").text


def test_the_name_alone_is_nobody(client, alice, standin, world):
    """A login that was given up may be taken by another person."""
    confirm(alice)
    sign_in(client)
    people = world.people
    world.people = replace(people, members=(replace(people.viewer, id=77), *people.members[1:]))
    standin.behaviour.emails = (("other@example.com", True),)
    other = Client()
    assert sign_in(other).status_code == 403
    assert signed_in_as(other) is None


def test_an_id_counts_for_one_github_only(client, alice, settings, standin):
    """Whoever has the same number on another host is somebody else."""
    client.force_login(alice)
    link(client)
    SocialAccount.objects.update(provider="github.example.com")
    answer = sign_in(Client())
    assert answer.status_code == 403
    assert "to which amara-osei is not linked" in answer.text


def test_another_host_of_github(client, settings, standin):
    """Its pages at one address, its API at another."""
    settings.GITHUB_WEB_URL = standin.url.replace("127.0.0.1", "localhost")
    assert to_github(client).startswith(f"{settings.GITHUB_WEB_URL}/login/oauth/authorize?")
    sign_in(client)
    assert signed_in_as(client) == ALICE
    assert SocialAccount.objects.get().provider == settings.GITHUB_WEB_URL.removeprefix("http://")
    assert "/user/emails?per_page=100" in [asked.path for asked in standin.requests.all]


def test_a_confirmed_address_links(client, alice):
    confirm(alice)
    sign_in(client)
    assert signed_in_as(client) == ALICE
    assert SocialAccount.objects.get().user == alice


def test_an_address_that_is_not_confirmed_here_opens_nothing(client, alice):
    """Somebody may have signed up with it and wait for its owner."""
    EmailAddress.objects.create(user=alice, email=ALICE, verified=False, primary=True)
    answer = sign_in(client)
    assert answer.status_code == 403
    assert f"There is an account here for {ALICE}" in answer.text
    assert 'href="/sign-in/?next=/account/"' in answer.text
    assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_an_address_that_is_not_verified_at_github_opens_nothing(client, alice, standin):
    confirm(alice)
    standin.behaviour.emails = ((ALICE, False), ("other@example.com", True))
    answer = sign_in(client)
    assert answer.status_code == 403
    assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()


def test_an_account_that_another_one_signs_in_to(client, alice, standin, world):
    confirm(alice)
    sign_in(client)
    standin.behaviour.person = world.people.members[1].login
    standin.behaviour.emails = ((ALICE, True),)
    answer = sign_in(Client())
    assert "to which bjorn-lind is not linked" in answer.text


def test_addresses_of_two_accounts(client, alice, standin):
    confirm(alice)
    confirm(UserFactory(email="second@example.com"))
    standin.behaviour.emails = ((ALICE, True), ("second@example.com", True))
    assert sign_in(client).status_code == 403
    assert not SocialAccount.objects.exists()


def test_a_closed_account_stays_closed(client, alice):
    confirm(alice)
    sign_in(client)
    alice.is_active = False
    alice.save()
    answer = sign_in(Client())
    assert answer.url == "/sign-in/inactive/"


def test_the_first_user_of_a_server(client):
    assert sign_in(client).url == "/"
    user = User.objects.get()
    assert (user.email, user.has_usable_password()) == (ALICE, False)
    assert EmailAddress.objects.get().verified
    assert sign_in(Client()).url == "/"
    assert User.objects.count() == 1


def test_nothing_is_left_to_confirm(client, settings):
    settings.SIGN_UP, settings.ACCOUNT_EMAIL_VERIFICATION = "open", "mandatory"
    assert sign_in(client).url == "/"
    assert signed_in_as(client) == ALICE
    assert mail.outbox == []


@pytest.mark.parametrize("host", ["github.com", "github.example.com"])
def test_an_address_that_hides_another_is_no_account(client, settings, standin, host):
    settings.SIGN_UP = "open"
    standin.behaviour.emails = ((f"7+amara-osei@users.noreply.{host}", True), ("Second@Example.com", True))
    sign_in(client)
    assert signed_in_as(client) == "second@example.com"


def test_the_primary_address_wherever_github_lists_it(client, settings, monkeypatch):
    settings.SIGN_UP = "open"
    rows = [
        {"email": f"{name}@example.com", "primary": name == "main", "verified": True}
        for name in ("a", "main")
    ]
    monkeypatch.setattr("ingest.standin.shapes.user.emails", lambda person, known: rows)
    sign_in(client)
    assert signed_in_as(client) == "main@example.com"


@pytest.mark.parametrize("told", [{"message": "?"}, ["a@example.com"], None])
def test_something_other_than_addresses(client, settings, monkeypatch, told):
    settings.SIGN_UP = "open"
    monkeypatch.setattr("ingest.standin.shapes.user.emails", lambda person, known: told)
    answer = sign_in(client)
    assert answer.status_code == 403
    assert "something other than addresses" in answer.text


@pytest.mark.parametrize("emails", [(), ((ALICE, False),)])
def test_without_an_address_nobody_signs_up(client, settings, standin, emails):
    settings.SIGN_UP = "open"
    standin.behaviour.emails = emails
    assert "GitHub told no e-mail address of yours" in sign_in(client).text
    assert not User.objects.exists()


def test_who_does_not_grant_the_addresses(client, settings, standin):
    settings.SIGN_UP, standin.behaviour.granted = "open", ""
    assert "GitHub told no e-mail address of yours" in sign_in(client).text


def test_by_invitation_only(client):
    UserFactory()
    answer = sign_in(client)
    assert answer.status_code == 403
    assert f"Ask an admin of the team to invite {ALICE}" in answer.text
    assert User.objects.count() == 1


def test_not_even_the_first_where_only_the_invited_may(client, settings):
    settings.SIGN_UP = "invited"
    assert sign_in(client).status_code == 403
    assert not User.objects.exists()
