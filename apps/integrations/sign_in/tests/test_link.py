"""Linking and unlinking a GitHub account, by who is signed in."""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from apps.integrations.sign_in.tests.conftest import link, sign_in
from apps.users.factories import UserFactory
from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob():
    """His address at GitHub is another one."""
    return UserFactory(email="bob@example.com")


@pytest.fixture
def as_bob(bob):
    client = Client()
    client.force_login(bob)
    return client


def test_linked_whatever_the_address(client, as_bob, bob):
    assert "Link GitHub account" in as_bob.get("/account/").text
    page = link(as_bob)
    assert page.redirect_chain == [("/account/", 302)]
    assert "amara-osei is linked: from now on GitHub signs you in." in page.text
    assert sign_in(client).url == "/"
    assert client.session["_auth_user_id"] == str(bob.pk)
    assert User.objects.get().email == "bob@example.com"


def test_linked_twice(as_bob):
    link(as_bob)
    assert "is linked to your account already" in link(as_bob).text
    assert SocialAccount.objects.count() == 1


def test_linked_to_somebody_else(as_bob, bob):
    link(as_bob)
    other = Client()
    other.force_login(UserFactory())
    assert "amara-osei is linked to another account here" in link(other).text
    assert SocialAccount.objects.get().user == bob


def test_a_second_one_beside_the_first(as_bob, standin, world):
    link(as_bob)
    standin.behaviour.person = world.people.members[1].login
    assert "Another GitHub account is linked to yours" in link(as_bob).text
    assert SocialAccount.objects.get().extra_data == {"login": "amara-osei"}


def test_unlinked(client, as_bob, bob):
    link(as_bob)
    assert (
        "GitHub does not sign you in here any more"
        in as_bob.post("/account/github/unlink/", follow=True).text
    )
    assert not SocialAccount.objects.exists()
    assert sign_in(client).status_code == 403
    assert client.post("/sign-in/", {"login": bob.email, "password": "password"}).url == "/"


def test_not_without_a_password(client):
    sign_in(client)
    page = client.get("/account/").text
    assert "You have none: GitHub signs you in." in page
    assert "Unlink" not in page
    assert "Set a password first" in client.post("/account/github/unlink/", follow=True).text
    assert SocialAccount.objects.exists()
    new = {"password1": "correct horse battery", "password2": "correct horse battery"}
    assert client.post("/password/set/", new).status_code == 302
    client.post("/account/github/unlink/")
    assert not SocialAccount.objects.exists()


def test_unlinking_where_nothing_is_linked(as_bob):
    link(as_bob)
    other = Client()
    other.force_login(UserFactory())
    other.post("/account/github/unlink/")
    assert SocialAccount.objects.exists()


def test_switched_off_later(as_bob, settings):
    link(as_bob)
    settings.SIGN_IN_GITHUB_CLIENT_ID = ""
    assert "signing in with GitHub is switched off" in as_bob.get("/account/").text
    as_bob.post("/account/github/unlink/")
    assert not SocialAccount.objects.exists()


def reset(email, mailoutbox):
    client = Client()
    client.post("/password/reset/", {"email": email})
    [path] = re.findall(r"http://testserver(/password/reset/\S+)", mailoutbox[0].body)
    form = client.get(path, follow=True).redirect_chain[-1][0]
    new = {"password1": "correct horse battery", "password2": "correct horse battery"}
    assert client.post(form, new).status_code == 302


def test_a_password_for_who_has_none_comes_by_mail(client, mailoutbox):
    """So that nobody is locked out where GitHub is switched off."""
    sign_in(client)
    reset(User.objects.get().email, mailoutbox)
    assert User.objects.get().has_usable_password()


def test_whoever_gets_their_address_back_gets_it_alone(client, as_bob, bob, mailoutbox):
    """Somebody had signed up with it, and linked a GitHub account of their own."""
    link(as_bob)
    reset(bob.email, mailoutbox)
    assert not SocialAccount.objects.exists()
    assert as_bob.get("/account/").status_code == 302
