import pytest

from apps.metrics.factories import CommitFactory, PRReviewFactory, PullRequestFactory, TeamMemberFactory
from apps.metrics.models import TeamMember
from apps.teams.factories import TeamFactory
from apps.teams.models import Team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("factory", [TeamMemberFactory, PullRequestFactory, PRReviewFactory, CommitFactory])
def test_all_parts_are_of_the_team_that_is_given(factory):
    team = TeamFactory()
    row = factory(team=team)
    parts = [row, *(getattr(row, name, None) for name in ("author", "reviewer", "pull_request"))]
    assert {part.team for part in parts if part is not None} == {team}
    assert Team.objects.count() == 1
    assert set(TeamMember.objects.values_list("team", flat=True)) == {team.pk}


@pytest.mark.parametrize("factory", [PRReviewFactory, CommitFactory])
def test_the_team_is_that_of_the_parent(factory):
    pull_request = PullRequestFactory()
    row = factory(pull_request=pull_request)
    assert row.team == pull_request.team
    assert Team.objects.count() == 1


def test_the_author_is_the_actor_that_github_would_name():
    row = PullRequestFactory(merged=True)
    assert (str(row.author_github_id), row.author_login) == (row.author.github_id, row.author.github_username)
    assert row.state == "merged"
    assert row.merged_at == row.closed_at


def test_rows_without_a_person_or_a_pull_request():
    assert PullRequestFactory(author=None).author_name == "ghost"
    assert PRReviewFactory(reviewer=None).reviewer_github_id is None
    assert CommitFactory(pull_request=None, author=None).github_repo == ""
