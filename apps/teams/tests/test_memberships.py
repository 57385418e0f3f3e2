"""Members and their roles, as pages change them."""

from threading import Thread

import pytest
from django.contrib.messages import get_messages
from django.db import connection

from apps.teams.factories import MembershipFactory, TeamFactory
from apps.teams.memberships import LastAdmin, change, make_team, remove
from apps.teams.models import Membership, Team
from apps.users.factories import UserFactory
from ingest.models import AuditLine

pytestmark = pytest.mark.django_db


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def audited(team) -> list[tuple]:
    lines = AuditLine.for_team(team).order_by("pk")
    return [(line.who, line.action, line.detail) for line in lines]


def test_an_admin_changes_a_role_and_the_right_to_read_payloads(as_admin, team, member):
    path = f"/a/ours/members/{member.pk}/"
    assert as_admin.post(path, {"role": "admin", "can_read_payloads": "on"}).url == "/a/ours/members/"
    member.refresh_from_db()
    assert (member.role, member.can_read_payloads) == ("admin", True)
    who = "admin@example.com"
    assert audited(team) == [
        (who, "changed role", {"member": "member@example.com", "before": "member", "after": "admin"}),
        (who, "changed access to payloads", {"member": "member@example.com", "allowed": True}),
    ]


def test_what_stays_is_not_audited(as_admin, team, member):
    as_admin.post(f"/a/ours/members/{member.pk}/", {"role": "member"})
    assert audited(team) == []


def test_an_unknown_role_is_refused(as_admin, member):
    assert "no role" in said(as_admin.post(f"/a/ours/members/{member.pk}/", {"role": "owner"}))
    member.refresh_from_db()
    assert member.role == "member"


def test_the_last_admin_is_neither_demoted_nor_leaves(as_admin, team, admin, member):
    posts = {
        f"/a/ours/members/{admin.pk}/": {"role": "member"},
        f"/a/ours/members/{admin.pk}/remove/": {},
        "/a/ours/leave/": {},
    }
    for path, values in posts.items():
        assert "needs an admin" in said(as_admin.post(path, values)), path
        admin.refresh_from_db()
        assert admin.role == "admin"
    assert audited(team) == []


def test_an_admin_who_cannot_sign_in_counts_as_none(admin, member):
    MembershipFactory(team=admin.team, role="admin", user__is_active=False)
    with pytest.raises(LastAdmin):
        remove(admin, admin.user)


def test_with_another_admin_one_may_go(as_admin, team, admin):
    MembershipFactory(team=team, role="admin")
    assert as_admin.post("/a/ours/leave/").url == "/teams/"
    assert not Membership.objects.filter(pk=admin.pk).exists()
    assert audited(team) == [("admin@example.com", "left team", {"member": "admin@example.com"})]
    assert as_admin.get("/a/ours/").status_code == 404


def test_a_removed_member_sees_nothing_from_then_on(as_admin, as_member, team, member):
    assert as_member.get("/a/ours/").status_code == 200
    as_admin.post(f"/a/ours/members/{member.pk}/remove/")
    assert as_member.get("/a/ours/").status_code == 404
    assert audited(team) == [("admin@example.com", "removed member", {"member": "member@example.com"})]


def test_members_of_other_teams_are_out_of_reach(as_admin):
    other = MembershipFactory(role="admin")
    for path in (f"/a/ours/members/{other.pk}/", f"/a/ours/members/{other.pk}/remove/"):
        assert as_admin.post(path, {"role": "member"}).status_code == 404
    other.refresh_from_db()
    assert other.role == "admin"


def test_a_get_changes_nothing(as_admin, member):
    for path in (f"members/{member.pk}/", f"members/{member.pk}/remove/", "leave/", "members/invitations/"):
        assert as_admin.get(f"/a/ours/{path}").status_code == 405


def test_a_member_sees_who_is_there_and_no_invitations(as_member, team):
    team.invitations.create(
        email="new@example.com", token_digest="x", expires_at="2100-01-01T00:00:00Z", role="member"
    )
    answer = as_member.get("/a/ours/members/")
    text = answer.text
    assert answer.context["invitations"] is None
    assert "admin@example.com" in text
    assert "new@example.com" not in text
    assert "/remove/" not in text


def test_the_list_of_members_asks_the_same_number_of_queries(as_admin, team, django_assert_num_queries):
    MembershipFactory.create_batch(20, team=team)
    # Session, user, membership, members, invitations.
    with django_assert_num_queries(5):
        as_admin.get("/a/ours/members/")


def test_who_makes_a_team_is_its_admin():
    creator = UserFactory(email="new@example.com")
    team = make_team(creator, "Acme", "acme")
    assert [(m.user, m.role) for m in team.memberships.all()] == [(creator, "admin")]
    assert audited(team) == [("new@example.com", "created team", {"name": "Acme", "slug": "acme"})]


def test_making_a_team_never_joins_one_that_is_there(client):
    theirs = TeamFactory(slug="acme")
    client.force_login(UserFactory())
    answer = client.post("/teams/new/", {"name": "Acme", "slug": "acme"})
    assert answer.status_code == 400
    assert "taken" in answer.text
    assert not theirs.memberships.exists()


@pytest.mark.parametrize("slug", ["Acme", "a b", "ac/me", "", "ä"])
def test_an_address_is_plain(client, slug):
    client.force_login(UserFactory())
    assert client.post("/teams/new/", {"name": "Acme", "slug": slug}).status_code == 400
    assert not Team.objects.exists()


def test_a_new_team_is_opened_at_once(client):
    client.force_login(UserFactory())
    answer = client.post("/teams/new/", {"name": "Acme", "slug": "acme"}, follow=True)
    assert answer.redirect_chain == [("/a/acme/", 302)]
    assert 'role="status">Acme is yours' in answer.text


def test_renaming_keeps_the_address(as_admin, team):
    assert as_admin.post("/a/ours/settings/", {"name": "New name"}).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.slug) == ("New name", "ours")
    assert audited(team) == [("admin@example.com", "renamed team", {"before": "Ours", "after": "New name"})]


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_demote_each_other_at_once_leave_one(admin):
    other = MembershipFactory(team=admin.team, role="admin")
    outcomes = []

    def demote(whom, by):
        try:
            change(whom, "member", False, by.user)
        except LastAdmin:
            outcomes.append("refused")
        else:
            outcomes.append("done")
        finally:
            connection.close()

    threads = [Thread(target=demote, args=pair) for pair in ((admin, other), (other, admin))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert Membership.objects.filter(role="admin").count() == 1
