"""Who may open what: every address of the site, asked by everybody."""

import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.teams.factories import MembershipFactory

OK, SIGN_IN, ELSEWHERE, INVALID, UNSIGNED, NOT_FOUND = 200, "sign-in", 302, 400, 403, 404
FORBIDDEN = 403

# Address: what it answers to nobody, a stranger (admin of another team), a member and an admin of the team.
# Django's admin has its own sign-in and lets nobody in who is not staff; its addresses count as one.
TABLE = {
    "": (SIGN_IN, OK, OK, OK),
    "sign-in/": (OK, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "sign-in/inactive/": (OK, OK, OK, OK),
    "sign-up/": (OK, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "POST sign-in/github/": (ELSEWHERE, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    # What comes back from GitHub without a state of this browser signs nobody in.
    "sign-in/github/callback/": (INVALID, INVALID, INVALID, INVALID),
    "account/": (SIGN_IN, OK, OK, OK),
    "POST account/github/": (SIGN_IN, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "POST account/github/unlink/": (SIGN_IN, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "email/": (OK, OK, OK, OK),
    "email/<str:key>/": (OK, OK, OK, OK),
    "password/": (SIGN_IN, OK, OK, OK),
    "password/set/": (SIGN_IN, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "password/reset/": (OK, OK, OK, OK),
    "password/reset/sent/": (OK, OK, OK, OK),
    "password/reset/done/": (OK, OK, OK, OK),
    r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$": (OK, OK, OK, OK),
    "teams/": (SIGN_IN, OK, OK, OK),
    "teams/new/": (SIGN_IN, OK, OK, OK),
    "join/": (NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "join/<str:token>/": (ELSEWHERE, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "a/<slug:team_slug>/settings/": (SIGN_IN, NOT_FOUND, FORBIDDEN, OK),
    "POST a/<slug:team_slug>/leave/": (SIGN_IN, NOT_FOUND, ELSEWHERE, ELSEWHERE),
    "a/<slug:team_slug>/members/": (SIGN_IN, NOT_FOUND, OK, OK),
    "POST a/<slug:team_slug>/members/<int:member_id>/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/members/<int:member_id>/remove/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/members/invitations/": (SIGN_IN, NOT_FOUND, FORBIDDEN, INVALID),
    "POST a/<slug:team_slug>/members/invitations/<int:invitation_id>/renew/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "POST a/<slug:team_slug>/members/invitations/<int:invitation_id>/revoke/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "POST theme/": (INVALID, INVALID, INVALID, INVALID),
    "POST sign-out/": (ELSEWHERE, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "a/<slug:team_slug>/": (SIGN_IN, NOT_FOUND, OK, OK),
    "a/<slug:team_slug>/operate/": (SIGN_IN, NOT_FOUND, OK, OK),
    "a/<slug:team_slug>/operate/parked/<str:group>/": (SIGN_IN, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "POST a/<slug:team_slug>/operate/parked/<str:group>/skip/": (SIGN_IN, NOT_FOUND, FORBIDDEN, ELSEWHERE),
    "a/<slug:team_slug>/health/": (SIGN_IN, NOT_FOUND, ELSEWHERE, ELSEWHERE),
    "a/<slug:team_slug>/audit/": (SIGN_IN, NOT_FOUND, OK, OK),
    "a/<slug:team_slug>/pulls/": (SIGN_IN, NOT_FOUND, OK, OK),
    "a/<slug:team_slug>/pulls/<int:repo_id>/<int:number>/": (SIGN_IN, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    # Replays that there are: apps/dashboard/replays/tests/test_who.py.
    "a/<slug:team_slug>/replays/": (SIGN_IN, NOT_FOUND, OK, OK),
    "a/<slug:team_slug>/replays/new/": (SIGN_IN, NOT_FOUND, OK, OK),
    "POST a/<slug:team_slug>/replays/begin/": (SIGN_IN, NOT_FOUND, FORBIDDEN, INVALID),
    "a/<slug:team_slug>/replays/<int:run_id>/": (SIGN_IN, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "POST a/<slug:team_slug>/replays/<int:run_id>/pause/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/replays/<int:run_id>/resume/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/replays/<int:run_id>/cancel/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    # Events that there are, and who may read payloads: ingest/pages/tests/test_who.py.
    "a/<slug:team_slug>/events/": (SIGN_IN, NOT_FOUND, OK, OK),
    "POST a/<slug:team_slug>/events/export/": (SIGN_IN, NOT_FOUND, FORBIDDEN, OK),
    "a/<slug:team_slug>/events/timeline/<int:repository_id>/<int:number>/": (
        SIGN_IN,
        NOT_FOUND,
        NOT_FOUND,
        NOT_FOUND,
    ),
    "a/<slug:team_slug>/events/<int:event_id>/": (SIGN_IN, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "a/<slug:team_slug>/events/<int:event_id>/payload/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "a/<slug:team_slug>/events/<int:event_id>/raw/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "a/<slug:team_slug>/events/<int:event_id>/diff/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/events/<int:event_id>/replay/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/events/<int:event_id>/dry-run/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/events/<int:event_id>/skip/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/events/<int:event_id>/undo-skip/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    # What comes back from GitHub without a state of this browser is of no team.
    "integrations/github/callback/": (SIGN_IN, INVALID, INVALID, INVALID),
    "a/<slug:team_slug>/integrations/github/": (SIGN_IN, NOT_FOUND, OK, OK),
    "POST a/<slug:team_slug>/integrations/github/authorize/": (SIGN_IN, NOT_FOUND, FORBIDDEN, ELSEWHERE),
    "a/<slug:team_slug>/integrations/github/token/": (SIGN_IN, NOT_FOUND, FORBIDDEN, OK),
    # Without a connection there is nothing to choose, to test, to import from or to end.
    "a/<slug:team_slug>/integrations/github/organization/": (SIGN_IN, NOT_FOUND, FORBIDDEN, ELSEWHERE),
    "POST a/<slug:team_slug>/integrations/github/test/": (SIGN_IN, NOT_FOUND, FORBIDDEN, ELSEWHERE),
    "POST a/<slug:team_slug>/integrations/github/members/": (SIGN_IN, NOT_FOUND, FORBIDDEN, ELSEWHERE),
    "POST a/<slug:team_slug>/integrations/github/webhook-secret/": (SIGN_IN, NOT_FOUND, FORBIDDEN, ELSEWHERE),
    "POST a/<slug:team_slug>/integrations/github/disconnect/": (SIGN_IN, NOT_FOUND, FORBIDDEN, ELSEWHERE),
    "a/<slug:team_slug>/integrations/github/repos/": (SIGN_IN, NOT_FOUND, OK, OK),
    # Repositories and runs that there are: apps/integrations/tests/test_who_may_sync.py.
    "POST a/<slug:team_slug>/integrations/github/repos/refresh/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/integrations/github/repos/many/": (SIGN_IN, NOT_FOUND, FORBIDDEN, NOT_FOUND),
    "POST a/<slug:team_slug>/integrations/github/repos/many/follow/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "a/<slug:team_slug>/integrations/github/repos/<int:repo_id>/": (SIGN_IN, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "POST a/<slug:team_slug>/integrations/github/repos/<int:repo_id>/toggle/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "POST a/<slug:team_slug>/integrations/github/repos/<int:repo_id>/sync/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "POST a/<slug:team_slug>/integrations/github/repos/<int:repo_id>/plan/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "POST a/<slug:team_slug>/integrations/github/repos/<int:repo_id>/webhook/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "a/<slug:team_slug>/integrations/github/repos/<int:repo_id>/purge/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "a/<slug:team_slug>/integrations/purge/": (SIGN_IN, NOT_FOUND, FORBIDDEN, OK),
    "a/<slug:team_slug>/integrations/runs/": (SIGN_IN, NOT_FOUND, OK, OK),
    "a/<slug:team_slug>/integrations/runs/<int:run_id>/": (SIGN_IN, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "POST a/<slug:team_slug>/integrations/runs/<int:run_id>/pause/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "POST a/<slug:team_slug>/integrations/runs/<int:run_id>/resume/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "POST a/<slug:team_slug>/integrations/runs/<int:run_id>/cancel/": (
        SIGN_IN,
        NOT_FOUND,
        FORBIDDEN,
        NOT_FOUND,
    ),
    "POST webhooks/github/": (UNSIGNED, UNSIGNED, UNSIGNED, UNSIGNED),
    "POST webhooks/github/<str:key>/": (UNSIGNED, UNSIGNED, UNSIGNED, UNSIGNED),
    "admin/": (ELSEWHERE, ELSEWHERE, ELSEWHERE, ELSEWHERE),
    "healthz": (OK, OK, OK, OK),
    "healthz/ready": (OK, OK, OK, OK),
    # From this machine, as the test is. Who else: tests/test_metrics_page.py.
    "metrics": (OK, OK, OK, OK),
}
PEOPLE = ("nobody", "stranger", "member", "admin")
VALUES = {
    r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$": "password/reset/1-none/",
    "<int:member_id>": "0",
    "<int:invitation_id>": "0",
    "<int:repo_id>": "0",
    "<int:repository_id>": "0",
    "<int:event_id>": "0",
    "<int:run_id>": "0",
    "<str:token>": "no-such-token",
    "<slug:team_slug>": "ours",
    "<str:key>": "no-such-key",
    "<str:group>": "no-such-group",
    "<int:number>": "0",
}


def addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> set[str]:
    found = set()
    for one in patterns:
        address = prefix + str(one.pattern)
        if isinstance(one, URLResolver) and one.app_name != "admin":
            found |= addresses(one.url_patterns, address)
        else:
            found.add(address)
    return found


def test_every_address_is_in_the_table():
    assert {address.removeprefix("POST ") for address in TABLE} == addresses(get_resolver().url_patterns)


@pytest.fixture
def clients(db, settings):
    settings.SIGN_IN_GITHUB_CLIENT_ID, settings.SIGN_IN_GITHUB_CLIENT_SECRET = "sign-in", "secret"
    ours = MembershipFactory(team__slug="ours", role="admin")
    users = {
        "stranger": MembershipFactory(team__slug="theirs", role="admin").user,
        "member": MembershipFactory(team=ours.team).user,
        "admin": ours.user,
    }
    clients = {person: Client() for person in PEOPLE}
    for person, user in users.items():
        clients[person].force_login(user)
    return clients


def path_of(address: str) -> str:
    """Of an address of the table."""
    path = "/" + address.removeprefix("POST ")
    for placeholder, value in VALUES.items():
        path = path.replace(placeholder, value)
    return path


@pytest.mark.parametrize("address", TABLE)
def test_who_may_open_it(clients, address):
    path = path_of(address)
    ask = "post" if address.startswith("POST ") else "get"
    answers = {person: getattr(client, ask)(path) for person, client in clients.items()}
    assert {p: said(answer, path) for p, answer in answers.items()} == dict(
        zip(PEOPLE, TABLE[address], strict=True)
    )


def said(answer, path):
    asked_to_sign_in = answer.status_code == 302 and answer.url == f"/sign-in/?next={path}"
    return SIGN_IN if asked_to_sign_in else answer.status_code


def test_a_team_that_is_not_there_looks_like_one_of_others(clients):
    theirs, none = (clients["member"].get(f"/a/{slug}/") for slug in ("theirs", "none"))
    assert theirs.status_code == none.status_code == 404
    token = r'"X-CSRFToken": "\w+"'
    assert re.sub(token, "", theirs.text) == re.sub(token, "", none.text)
