"""What goes wrong on the way to GitHub and back: a page each, with a next step, and nothing done."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from apps.integrations.sign_in.tests.conftest import sign_in, to_github
from apps.integrations.tests.signing_in import press
from apps.users.factories import UserFactory
from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_signs_in(settings):
    """Everybody might."""
    settings.SIGN_UP = "open"
    yield
    assert not SocialAccount.objects.exists()


def asked(address):
    return {name: value for name, [value] in parse_qs(urlsplit(address).query).items()}


def problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    return re.findall(r"<p>(.+?)</p>", answer.text)[0]


def test_what_github_is_asked_for(client, standin):
    sent = asked(to_github(client))
    assert sent.pop("state") != sent.pop("code_challenge")
    assert sent == {
        "client_id": "sign-in",
        "redirect_uri": "http://127.0.0.1:8000/sign-in/github/callback/",
        "scope": "user:email",
        "response_type": "code",
        "code_challenge_method": "S256",
    }


def test_nobody_adds_scopes_by_the_address(client):
    sent = asked(to_github(client, "/sign-in/github/?scope=repo&auth_params=scope%3Drepo&process=connect"))
    assert sent["scope"] == "user:email"


def test_whoever_cancels(client):
    answer = sign_in(client, "cancel", next="/join/")
    assert "You pressed Cancel at GitHub" in problem(answer, 403)
    assert 'name="next" value="/join/"' in answer.text
    assert 'href="/sign-in/?next=/join/"' in answer.text


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("redirect_uri_mismatch", "another callback address"),
        ("application_suspended", "has suspended the app"),
        ("something_new", "(something_new)"),
        ("<b>no word</b>", "(unknown)"),
    ],
)
def test_github_says_no(client, error, said):
    state = asked(to_github(client))["state"]
    answer = client.get("/sign-in/github/callback/", {"error": error, "state": state})
    assert said in problem(answer, 403)


def test_a_state_counts_once(client, settings):
    settings.SIGN_UP = "invited"
    UserFactory()
    back = press(to_github(client))
    assert client.get(back).status_code == 403
    assert "was finished before" in problem(client.get(back), 400)


def test_a_state_of_another_browser(client):
    """Who makes a victim's browser finish a sign-in of their own."""
    back = press(to_github(client))
    assert "begun in another browser" in problem(Client().get(back), 400)
    assert not User.objects.exists()


def test_a_state_expires(client, monkeypatch):
    back = press(to_github(client))
    monkeypatch.setattr(statekit, "STATE_TTL", -1)
    assert "longer than ten minutes" in problem(client.get(back), 400)


@pytest.mark.parametrize("given", [{}, {"code": "c0de"}, {"state": "none"}, {"error": "access_denied"}])
def test_without_a_state(client, given):
    answer = client.get("/sign-in/github/callback/", given)
    assert "Begin it again." in problem(answer, 400)
    assert "Try again with GitHub" in answer.text


def test_a_code_of_another_sign_in(client):
    """The verifier of this browser does not fit the challenge of the other one."""
    stolen = asked(press(to_github(Client())))["code"]
    state = asked(press(to_github(client)))["state"]
    answer = client.get("/sign-in/github/callback/", {"code": stolen, "state": state})
    assert "did not take the code" in problem(answer, 403)


def test_a_wrong_secret_of_the_app(client, settings):
    settings.SIGN_IN_GITHUB_CLIENT_SECRET = "wrong"
    assert "has to correct SIGN_IN_GITHUB_CLIENT_ID" in problem(sign_in(client), 403)


@pytest.mark.parametrize("where", ["GITHUB_WEB_URL", "GITHUB_API_URL"])
def test_github_is_not_reached(client, settings, where):
    back = press(to_github(client, next="/join/"))
    setattr(settings, where, "http://127.0.0.1:1")
    if where == "GITHUB_WEB_URL":
        # The state is of the former host.
        assert client.get(back).status_code == 400
    else:
        answer = client.get(back)
        assert "Begin again in a few minutes" in problem(answer, 403)
        assert 'name="next" value="/join/"' in answer.text


@pytest.mark.parametrize("errors", [(500,), (502,), (401,)])
def test_github_fails(client, standin, errors):
    back = press(to_github(client))
    standin.behaviour.error_every, standin.behaviour.errors = 1, errors
    assert "Begin again" in problem(client.get(back), 403)


def test_somebody_has_signed_in_meanwhile(client):
    """As with a password: nobody is exchanged for another unasked."""
    back = press(to_github(client))
    user = UserFactory()
    client.force_login(user)
    answer = client.get(back)
    assert "somebody has signed in meanwhile" in answer.text
    assert client.session["_auth_user_id"] == str(user.pk)
    assert User.objects.count() == 1


def test_whoever_cancels_linking(client):
    client.force_login(UserFactory())
    answer = client.get(press(to_github(client, "/account/github/"), "cancel"))
    assert "You pressed Cancel" in problem(answer, 403)
    assert "<h1>Not linked</h1>" in answer.text
    assert 'href="/account/"' in answer.text


def test_whoever_signed_out_on_the_way_links_nothing(client):
    client.force_login(UserFactory())
    back = press(to_github(client, "/account/github/"))
    client.post("/sign-out/")
    assert client.get(back).status_code == 400


def test_the_next_one_in_this_browser_gets_no_link(client):
    client.force_login(UserFactory())
    back = press(to_github(client, "/account/github/"))
    client.force_login(UserFactory())
    assert client.get(back).status_code == 400


def test_without_its_token_nothing_is_begun():
    assert Client(enforce_csrf_checks=True).post("/sign-in/github/").status_code == 403


def test_too_many_tries(client):
    for _ in range(30):
        client.get("/sign-in/github/callback/")
    assert client.get("/sign-in/github/callback/").status_code == 429
    answer = client.post("/sign-in/github/")
    assert answer.status_code == 429
    assert "<h1>Too many tries</h1>" in answer.text
    # They count together with guesses at passwords.
    assert client.post("/sign-in/", {"login": "a@example.com", "password": "x"}).status_code == 429


def test_where_it_is_not_offered(client, settings):
    settings.SIGN_IN_GITHUB_CLIENT_ID = ""
    for path in ("/sign-in/", "/sign-up/"):
        assert "GitHub" not in client.get(path).text
    assert client.post("/sign-in/github/").status_code == 404
    assert client.get("/sign-in/github/callback/").status_code == 404
    client.force_login(UserFactory())
    assert "GitHub" not in client.get("/account/").text
    assert client.post("/account/github/").status_code == 404


@pytest.mark.parametrize("model", ["socialapp", "socialtoken", "socialaccount"])
def test_nobody_is_linked_by_hand(client, model):
    client.force_login(User.objects.create_superuser("root@example.com"))
    assert client.get(f"/admin/socialaccount/{model}/").status_code == 404
    assert "socialaccount" not in client.get("/admin/").text


def test_addresses_asked_for_by_hand(client):
    assert client.get("/sign-in/github/").url == "/sign-in/"
    client.force_login(UserFactory())
    assert client.get("/sign-in/github/").url == "/"
    assert client.get("/account/github/").url == "/account/"
    assert client.get("/account/github/unlink/").url == "/account/"
