"""Who may sign up."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.teams.invitations import invite, revoke
from apps.users.factories import UserFactory
from apps.users.models import User

pytestmark = pytest.mark.django_db

NEW = {"email": "new@example.com", "password1": "correct horse b", "password2": "correct horse b"}


@pytest.fixture
def invitation(admin):
    return invite(admin.team, "new@example.com", "member", admin.user, timezone.now())


def test_the_first_user_signs_up_and_the_second_does_not(client):
    assert "You are the first" in client.get("/sign-up/").text
    assert client.post("/sign-up/", NEW).url == "/"
    assert "in no team yet" in client.get("/").text
    second = Client()
    assert "By invitation only" in second.get("/sign-up/").text
    second.post("/sign-up/", NEW | {"email": "second@example.com"})
    assert User.objects.count() == 1


def test_with_invited_not_even_the_first_signs_up(client, settings):
    settings.SIGN_UP = "invited"
    client.post("/sign-up/", NEW)
    assert not User.objects.exists()


def test_open_to_everybody(client, settings):
    settings.SIGN_UP = "open"
    UserFactory()
    assert "Everybody may sign up" in client.get("/sign-up/").text
    assert client.post("/sign-up/", NEW).url == "/"


def test_an_invited_person_signs_up_and_joins(client, invitation):
    page = client.get(f"/join/{invitation[1]}/", follow=True)
    assert 'href="/sign-up/?next=/join/"' in page.text
    form = client.get("/sign-up/?next=/join/")
    assert "invited as new@example.com" in form.text
    assert client.post("/sign-up/", NEW | {"next": "/join/"}).url == "/join/"
    assert client.post("/join/").url == "/a/ours/"


def test_an_invitation_lets_in_its_own_address_only(client, invitation):
    client.get(f"/join/{invitation[1]}/")
    answer = client.post("/sign-up/", NEW | {"email": "other@example.com"})
    assert "The invitation is for new@example.com" in answer.text
    assert User.objects.count() == 1


def test_a_revoked_invitation_lets_nobody_sign_up(client, invitation, admin):
    client.get(f"/join/{invitation[1]}/")
    revoke(invitation[0], admin.user)
    client.post("/sign-up/", NEW)
    assert User.objects.count() == 1


def test_a_weak_password_is_refused_in_words(client):
    answer = client.post("/sign-up/", NEW | {"password1": "12345678", "password2": "12345678"})
    assert "too common" in answer.text
    assert not User.objects.exists()
