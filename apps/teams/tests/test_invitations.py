"""An invitation, from the link to the membership."""

import re
from datetime import timedelta
from socket import socket

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.teams.factories import MembershipFactory
from apps.teams.invitations import LIFETIME, Void, accept, digest, invite, new_token, renew, still_open
from apps.teams.models import Invitation, Membership
from apps.teams.tests.conftest import signed_in
from apps.teams.tests.test_memberships import audited
from apps.users.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def new():
    return UserFactory(email="new@example.com")


def link_of(text: str) -> str:
    path: str
    [path] = re.findall(r'value="http://127.0.0.1:8000(/join/[^"]+)"', text)
    return path


def invited(as_admin, email="new@example.com", role="member") -> str:
    answer = as_admin.post("/a/ours/members/invitations/", {"email": email, "role": role})
    assert answer.status_code == 200
    return link_of(answer.text)


def test_an_invited_person_joins(as_admin, team, new):
    path = invited(as_admin, "New@Example.com", role="admin")
    client = signed_in(new)
    page = client.get(path, follow=True)
    assert page.redirect_chain == [("/join/", 302)]
    assert "admin@example.com invites <b>new@example.com</b> to be an admin" in page.text
    assert client.post("/join/").url == "/a/ours/"
    assert Membership.objects.get(user=new).role == "admin"
    assert audited(team) == [
        ("admin@example.com", "invited", {"email": "new@example.com", "role": "admin"}),
        ("new@example.com", "joined team", {"role": "admin"}),
    ]


def test_looking_joins_nobody(as_admin, new):
    signed_in(new).get(invited(as_admin), follow=True)
    assert not Membership.objects.filter(user=new).exists()


def test_a_link_is_good_once(as_admin, team, new):
    path = invited(as_admin)
    client, second = signed_in(new), signed_in(new)
    for each in (client, second):
        each.get(path)
    client.post("/join/")
    Membership.objects.filter(user=new).delete()
    assert second.post("/join/").status_code == 404
    assert second.get(path, follow=True).status_code == 404
    assert not Membership.objects.filter(user=new).exists()


def test_another_address_is_told_why_not(as_admin):
    path = invited(as_admin)
    client = signed_in(UserFactory(email="somebody@example.com"))
    page = client.get(path, follow=True)
    assert "signed in as <b>somebody@example.com</b>, and the invitation is for new@example.com" in page.text
    assert client.post("/join/").status_code == 403
    assert Membership.objects.count() == 1


def test_who_signs_in_first_comes_back_to_it(as_admin, new):
    client = Client()
    page = client.get(invited(as_admin), follow=True)
    assert 'href="/sign-in/?next=/join/"' in page.text
    assert client.post("/join/").status_code == 200
    sign_in = {"login": "new@example.com", "password": "password", "next": "/join/"}
    assert client.post("/sign-in/", sign_in).url == "/join/"
    assert client.post("/join/").url == "/a/ours/"


def test_after_seven_days_it_is_void(admin, new):
    invitation, token = invite(admin.team, "new@example.com", "member", admin.user, NOW)
    assert still_open(digest(token), NOW + LIFETIME - timedelta(seconds=1)) == invitation
    assert still_open(digest(token), NOW + LIFETIME) is None
    with pytest.raises(Void):
        accept(invitation, new, NOW + LIFETIME)
    assert timedelta(days=7) == LIFETIME


def test_an_expired_one_is_replaced_by_inviting_again(admin):
    invite(admin.team, "new@example.com", "member", admin.user, NOW - LIFETIME)
    invite(admin.team, "new@example.com", "admin", admin.user, NOW)
    assert [one.role for one in Invitation.objects.all()] == ["admin"]


def test_a_revoked_one_is_void(as_admin, team, new):
    path = invited(as_admin)
    client = signed_in(new)
    client.get(path)
    as_admin.post(f"/a/ours/members/invitations/{Invitation.objects.get().pk}/revoke/")
    assert client.post("/join/").status_code == 404
    assert audited(team)[-1] == ("admin@example.com", "revoked invitation", {"email": "new@example.com"})


def test_a_new_link_makes_the_old_one_void(as_admin, team, new):
    old = invited(as_admin)
    answer = as_admin.post(f"/a/ours/members/invitations/{Invitation.objects.get().pk}/renew/")
    client = signed_in(new)
    assert client.get(old, follow=True).status_code == 404
    assert client.get(link_of(answer.text), follow=True).status_code == 200
    assert audited(team)[-1] == ("admin@example.com", "renewed invitation", {"email": "new@example.com"})


def test_the_link_is_shown_once_and_not_kept(as_admin):
    answer = as_admin.post("/a/ours/members/invitations/", {"email": "new@example.com", "role": "member"})
    token = link_of(answer.text).split("/")[2]
    assert answer["Cache-Control"] == "no-store"
    assert token not in as_admin.get("/a/ours/members/").text
    assert token not in str(Invitation.objects.values().get())


def test_a_token_that_was_not_signed_here_is_no_token(client):
    assert digest("x" * 43) == digest("") == ""
    assert digest(new_token()) != ""
    Invitation.objects.all().delete()
    assert client.get("/join/forged:signature/", follow=True).status_code == 404


@pytest.mark.parametrize(
    ("email", "why"),
    [("member@example.com", "belongs to a member"), ("MEMBER@example.com", "belongs to a member"),
     ("open@example.com", "invited already"), ("no address", "valid email"), ("", "required")],
)  # fmt: skip
def test_who_is_not_invited_is_told_why(as_admin, admin, member, email, why):
    invite(admin.team, "open@example.com", "member", admin.user, timezone.now())
    answer = as_admin.post("/a/ours/members/invitations/", {"email": email, "role": "member"})
    assert answer.status_code == 400
    assert why in answer.text
    assert Invitation.objects.count() == 1


def test_invitations_of_other_teams_are_out_of_reach(as_admin):
    other = MembershipFactory(role="admin")
    invitation, token = invite(other.team, "new@example.com", "member", other.user, timezone.now())
    for act in ("renew", "revoke"):
        assert as_admin.post(f"/a/ours/members/invitations/{invitation.pk}/{act}/").status_code == 404
    assert still_open(digest(token), timezone.now()) == invitation


def test_without_a_mail_server_nothing_is_sent(as_admin):
    invited(as_admin)
    assert mail.outbox == []
    assert (
        "No e-mail was sent"
        in as_admin.post(f"/a/ours/members/invitations/{Invitation.objects.get().pk}/renew/").text
    )


def test_with_a_mail_server_the_link_is_sent_and_shown(as_admin, settings):
    settings.EMAIL_URL = "smtp://127.0.0.1:25"
    path = invited(as_admin)
    [message] = mail.outbox
    assert message.to == ["new@example.com"]
    assert f"http://127.0.0.1:8000{path}" in message.body


def test_a_team_sends_a_number_of_mails_a_day_and_no_more(as_admin, settings, monkeypatch):
    settings.EMAIL_URL = "smtp://127.0.0.1:25"
    monkeypatch.setattr("apps.teams.mail.MAILS_A_DAY", 2)
    monkeypatch.setattr("apps.teams.mail.timezone.now", lambda: NOW)
    for number in range(3):
        invited(as_admin, f"new{number}@example.com")
    assert len(mail.outbox) == 2


def test_a_mail_server_that_is_down_loses_no_invitation(as_admin, settings):
    settings.EMAIL_URL = "smtp://127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = deaf.getsockname()
        answer = as_admin.post("/a/ours/members/invitations/", {"email": "new@example.com", "role": "member"})
    assert "No e-mail was sent" in answer.text
    assert link_of(answer.text)


def test_renewing_moves_the_end(admin):
    invitation, _ = invite(admin.team, "new@example.com", "member", admin.user, NOW)
    renew(invitation, admin.user, NOW + timedelta(days=3))
    assert Invitation.objects.get().expires_at == NOW + timedelta(days=3) + LIFETIME
