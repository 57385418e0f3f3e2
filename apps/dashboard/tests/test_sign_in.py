import pytest
from django.test import Client

from apps.teams.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return MembershipFactory(team__slug="ours", user__email="alice@example.com").user


def test_who_signs_in_gets_where_they_wanted(client, user):
    sign_in = client.get("/a/ours/pulls/?state=open", follow=True)
    [(address, _)] = sign_in.redirect_chain
    assert sign_in.status_code == 200
    answer = client.post(
        address, {"username": "alice@example.com", "password": "password", "next": sign_in.context["next"]}
    )
    assert answer.url == "/a/ours/pulls/?state=open"


def test_a_wrong_password_is_said(client, user):
    answer = client.post("/sign-in/", {"username": "alice@example.com", "password": "guess"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert 'value="alice@example.com"' in answer.text


def test_nobody_is_led_to_another_site(client, user):
    answer = client.post(
        "/sign-in/?next=https://example.com/",
        {"username": "alice@example.com", "password": "password", "next": "https://example.com/"},
    )
    assert answer.url == "/"


def test_signing_out(client, user):
    client.force_login(user)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == "/sign-in/"
    assert client.get("/").status_code == 302


def test_a_form_without_its_token_is_refused_in_words(user):
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "The form has expired" in answer.text
