import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from apps.teams.factories import MembershipFactory
from apps.users.factories import UserFactory
from apps.users.models import User

pytestmark = pytest.mark.django_db

ALICE = {"login": "alice@example.com", "password": "password"}


@pytest.fixture(autouse=True)
def no_guesses_before():
    cache.clear()


@pytest.fixture
def user():
    return MembershipFactory(team__slug="ours", user__email="alice@example.com").user


def test_who_signs_in_gets_where_they_wanted(client, user):
    sign_in = client.get("/a/ours/pulls/?state=open", follow=True)
    [(address, _)] = sign_in.redirect_chain
    assert sign_in.status_code == 200
    wanted, _ = re.findall(r'name="next" value="([^"]+)"', sign_in.text)
    assert client.post(address, ALICE | {"next": wanted}).url == "/a/ours/pulls/?state=open"


def test_capitals_make_no_difference(client, user):
    assert client.post("/sign-in/", ALICE | {"login": "Alice@Example.com"}).status_code == 302


def test_a_wrong_password_is_said(client, user):
    answer = client.post("/sign-in/", ALICE | {"password": "guess"})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert 'value="alice@example.com"' in answer.text


def test_an_address_without_an_account_is_refused_in_the_same_words(client, user):
    answers = [
        client.post("/sign-in/", {"login": login, "password": "guess"}).text
        for login in ("alice@example.com", "nobody@example.com")
    ]
    said = [re.sub(r"alice@|nobody@|(?<=[\"' ])\w{64}(?=[\"'])", "", text) for text in answers]
    assert said[0] == said[1]


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "http://localhost:9999/"])
def test_nobody_is_led_to_another_site(client, user, elsewhere):
    answer = client.post(f"/sign-in/?next={elsewhere}", ALICE | {"next": elsewhere})
    assert answer.url == "/"


def test_after_some_guesses_even_the_right_password_has_to_wait(client, user):
    for _ in range(5):
        client.post("/sign-in/", ALICE | {"password": "guess"})
    # Another process: it has the count from the database.
    answer = Client().post("/sign-in/", ALICE)
    assert answer.status_code == 200
    assert "Too many failed" in answer.text


def test_guesses_at_others_do_not_make_room_for_more(client, user):
    for _ in range(5):
        client.post("/sign-in/", ALICE | {"password": "guess"})
    for number in range(400):
        cache.set(f"somebody-else-{number}", 1, 300)
    assert "Too many failed" in client.post("/sign-in/", ALICE).text


def test_too_many_tries_have_their_page(client):
    for _ in range(30):
        client.post("/sign-in/", {"login": "", "password": ""})
    answer = client.post("/sign-in/", {"login": "", "password": ""})
    assert answer.status_code == 429
    assert "<h1>Too many tries</h1>" in answer.text


def test_the_admin_has_no_form_of_its_own_to_guess_at(client, user):
    answer = client.post("/admin/login/", {"username": "alice@example.com", "password": "password"})
    assert answer.status_code == 302
    assert answer.url.startswith("/sign-in/")


def test_signing_out(client, user):
    client.force_login(user)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == "/sign-in/"
    assert client.get("/").status_code == 302


def test_a_form_without_its_token_is_refused_in_words(user):
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "The form has expired" in answer.text


def test_a_password_is_reset_by_mail_once(client, user):
    assert client.post("/password/reset/", {"email": "alice@example.com"}).url == "/password/reset/sent/"
    [message] = mail.outbox
    [path] = re.findall(r"http://testserver(/password/reset/\S+)", message.body)
    form = client.get(path, follow=True)
    new = {"password1": "correct horse battery", "password2": "correct horse battery"}
    assert client.post(form.redirect_chain[-1][0], new).url == "/password/reset/done/"
    assert "used up" in Client().get(path, follow=True).text
    assert User.objects.get(pk=user.pk).check_password("correct horse battery")


def test_a_reset_tells_nobody_who_has_an_account(client, user):
    known = client.post("/password/reset/", {"email": "alice@example.com"}, follow=True)
    unknown = client.post("/password/reset/", {"email": "nobody@example.com"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]


def test_a_password_is_changed_by_who_knows_it(client, user):
    client.force_login(user)
    new = {"password1": "correct horse battery", "password2": "correct horse battery"}
    assert client.post("/password/", new | {"oldpassword": "guess"}).status_code == 200
    assert client.post("/password/", new | {"oldpassword": "password"}).status_code == 302
    assert User.objects.get(pk=user.pk).check_password("correct horse battery")


def test_a_confirmed_address_is_marked_so(client, settings):
    settings.SIGN_UP, settings.ACCOUNT_EMAIL_VERIFICATION = "open", "mandatory"
    new = {"email": "new@example.com", "password1": "correct horse b", "password2": "correct horse b"}
    assert client.post("/sign-up/", new).url == "/email/"
    assert client.get("/").status_code == 302
    [path] = re.findall(r"http://testserver(/email/\S+)", mail.outbox[0].body)
    assert not EmailAddress.objects.get().verified
    client.get(path)
    assert not EmailAddress.objects.get().verified
    client.post(path)
    assert EmailAddress.objects.get().verified


def test_with_confirmation_a_sign_up_tells_nobody_who_has_an_account(client, settings):
    settings.SIGN_UP, settings.ACCOUNT_EMAIL_VERIFICATION = "open", "mandatory"
    UserFactory(email="alice@example.com")
    new = {"email": "alice@example.com", "password1": "correct horse b", "password2": "correct horse b"}
    assert client.post("/sign-up/", new).url == "/email/"
    assert User.objects.count() == 1


def test_who_has_no_password_may_set_one(client, user):
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    assert client.get("/password/").url == "/password/set/"
    assert "Set a password" in client.get("/password/set/").text


def test_behind_a_proxy_guesses_are_counted_by_visitor(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def tries(forwarded: str) -> int:
        guess = {"login": "", "password": ""}
        answer = client.post("/sign-in/", guess, headers={"x-forwarded-for": forwarded})
        return int(answer.status_code)

    # What a visitor puts in front of the proxy's entry makes no new visitor.
    assert [tries(f"10.0.0.{number}, 192.0.2.1") for number in range(31)][-1] == 429
    assert tries("192.0.2.2") == 200
