"""In the demo, and only there, a visitor from this machine is signed in."""

import pytest
from django.test import Client

from apps.teams.factories import MembershipFactory, TeamFactory
from tformance.demo.visitor import make_visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    team = TeamFactory(slug="demo", name="The demo team")
    make_visitor(team)
    make_visitor(team)  # a second demo on the same database
    return team


@pytest.fixture
def demo(settings, team):
    settings.DEMO = True
    return Client(headers={"host": "127.0.0.1:8000"})


def test_without_the_setting_nobody_is_signed_in(team):
    assert Client(headers={"host": "127.0.0.1:8000"}).get("/").status_code == 302


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_a_visitor_sees_the_demo_team(settings, demo, host):
    settings.ALLOWED_HOSTS = ["*"]
    answer = demo.get("/", headers={"host": host})
    assert answer.status_code == 200
    assert "The demo team" in answer.text
    assert not answer.cookies.get("sessionid")


def test_a_visitor_is_no_stranger_elsewhere(demo):
    assert demo.get(f"/a/{TeamFactory().slug}/").status_code == 404
    assert demo.get("/admin/").status_code == 302


def test_another_name_of_this_machine_signs_nobody_in(settings, demo):
    settings.ALLOWED_HOSTS = ["*"]
    assert demo.get("/", headers={"host": "metrics.example.com"}).status_code == 302


def test_another_machine_signs_nobody_in(demo):
    assert demo.get("/", REMOTE_ADDR="192.0.2.7").status_code == 302


def test_who_signed_in_stays_who_they_are(demo):
    membership = MembershipFactory(team__name="Their own team")
    demo.force_login(membership.user)
    assert "Their own team" in demo.get("/").text


def test_the_visitor_has_no_password(demo, team):
    assert not team.memberships.get().user.has_usable_password()


def test_a_database_without_the_visitor_lets_nobody_in(demo, team):
    team.memberships.get().user.delete()
    MembershipFactory()
    assert demo.get("/").status_code == 302
