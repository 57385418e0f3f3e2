import re
from datetime import timedelta

import pytest

from apps.metrics.factories import START, PullRequestFactory, TeamMemberFactory
from apps.metrics.models import Repository

pytestmark = pytest.mark.django_db


def listed(client, query: str = "") -> list[int]:
    answer = client.get(f"/a/ours/pulls/{query}")
    assert answer.status_code == 200
    return [pull.number for pull in answer.context["page"].pulls]


def pull(team, number: int, **changes):
    return PullRequestFactory(
        team=team, number=number, pr_created_at=START + timedelta(hours=number), **changes
    )


def test_the_newest_is_first_and_others_are_not_shown(client, team):
    for number in (2, 3, 1):
        pull(team, number)
    PullRequestFactory(number=4)
    assert listed(client) == [3, 2, 1]


def test_one_whose_beginning_is_unknown_is_listed(client, team):
    pull(team, 1)
    PullRequestFactory(team=team, number=2, pr_created_at=None)
    assert listed(client) == [2, 1]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?state=merged", [2]),
        ("?state=open", [4, 3, 1]),
        ("?state=nonsense", []),
        ("?repository=acme/other", [3]),
        ("?repository=ACME/Other", [3]),
        ("?author=alice", [1]),
        ("?author=ALICE", [1]),
        ("?author=ghost", [4]),
        ("?author=alice&state=merged", []),
        ("?author=%20", [4, 3, 2, 1]),
        ("?author=a%00lice", [1]),
        ("?unknown=1", [4, 3, 2, 1]),
        ("?label=urgent", [3]),
        ("?label=urg", []),
        ("?label=%22%5D", []),
        ("?q=HANGE%202", [2]),
        ("?q=%234", [4]),
        ("?q=100%25", []),
        ("?mark=revert", [2]),
        ("?mark=nonsense", []),
        ("?sort=size", [1, 4, 3, 2]),
        ("?sort=nonsense", [4, 3, 2, 1]),
    ],
)
def test_filters_are_in_the_address(client, team, query, numbers):
    pull(team, 1, author=TeamMemberFactory(team=team, github_username="alice"), size=9999)
    pull(team, 2, merged=True, is_revert=True)
    pull(team, 3, github_repo="acme/other", github_repo_id=5, labels=["docs", "urgent"])
    pull(team, 4, author=None, author_login="")
    assert listed(client, query) == numbers


def test_a_filter_can_be_taken_away(client, team):
    pull(team, 1)
    text = client.get("/a/ours/pulls/?state=open&label=&q=1").text
    assert '<li><a href="?q=1">state: open' in text
    assert '<li><a href="?state=open">text: 1' in text


def test_what_is_not_known_is_said_and_never_0(client, team):
    pull(team, 1, additions=None, deletions=None)
    row = client.get("/a/ours/pulls/").text.partition("<tbody>")[2]
    assert "not collected" in row
    cells = re.findall(r'data-name="([\w ]+)"[^>]*>-\s*</td>', row)
    assert cells == ["First review", "Review time", "Cycle time"]
    assert ">+0<" not in row


def test_marks(client, team):
    pull(team, 1, author=None, author_login="", is_revert=True, revert_evidence="branch: revert-3-x")
    pull(team, 2, author=None, author_login="dependabot[bot]", author_kind="Bot", draft=True)
    pull(team, 3, is_hotfix=True, hotfix_evidence="title: <b>hotfix</b>")
    text = client.get("/a/ours/pulls/").text
    assert 'ghost</a> <span class="mark">deleted account' in text
    assert 'dependabot[bot]</a> <span class="mark">bot' in text
    assert 'title="branch: revert-3-x">revert <small>by branch' in text
    assert 'title="title: &lt;b&gt;hotfix&lt;/b&gt;">hotfix <small>by title' in text
    assert text.count(">draft<") == 1


def test_a_member_is_shown_by_name_and_a_stranger_by_login(client, team):
    pull(team, 1, author=TeamMemberFactory(team=team, display_name="Alice Adams", github_username="alice"))
    pull(team, 2, author=None, author_login="walker")
    text = client.get("/a/ours/pulls/").text
    assert 'href="?author=alice">Alice Adams</a>' in text
    assert 'href="?author=walker">walker</a>' in text


def test_a_title_is_text(client, team):
    pull(team, 1, title="<script>alert(1)</script>")
    assert "<script>" not in client.get("/a/ours/pulls/").text


def test_empty_states_differ(client, team):
    assert "manage.py backfill" in client.get("/a/ours/pulls/").text
    pull(team, 1)
    text = client.get("/a/ours/pulls/?state=merged").text
    assert "No pull request fits" in text
    assert "manage.py backfill" not in text


def test_every_repository_can_be_chosen(client, team):
    Repository.objects.create(
        team=team, github_repo_id=1, full_name="acme/shop", name_instant=1, name_digest="a"
    )
    text = client.get("/a/ours/pulls/?repository=acme/shop").text
    assert "<option selected>acme/shop</option>" in text


@pytest.mark.parametrize("count", [1, 30])
def test_no_query_a_row(client, team, django_assert_num_queries, count):
    for number in range(1, count + 1):
        pull(team, number)
    # Session, user, membership; count, rows, repositories.
    with django_assert_num_queries(6):
        client.get("/a/ours/pulls/")
