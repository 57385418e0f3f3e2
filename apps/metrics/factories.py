"""People, pull requests, reviews and commits for tests: rows that no event made.

Give a team, or a parent of one: `PullRequestFactory(team=...)`, `PRReviewFactory(pull_request=...)`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from apps.metrics.models import Commit, PRReview, PullRequest, TeamMember
from apps.teams.factories import TeamFactory

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def account_id(member: TeamMember | None) -> int | None:
    return int(member.github_id) if member and member.github_id else None


class OfOneTeam(DjangoModelFactory[Any]):
    """The team is that of a parent that was given, else the one that was given, else a new one."""

    class Meta:
        abstract = True

    team = factory.SubFactory(TeamFactory)

    @classmethod
    def _generate(cls, strategy: Any, params: dict[str, Any]) -> Any:
        for parent in ("pull_request", "author", "reviewer"):
            if params.get(parent) is not None:
                params.setdefault("team", params[parent].team)
        return super()._generate(strategy, params)


class TeamMemberFactory(OfOneTeam):
    class Meta:
        model = TeamMember

    display_name = factory.Sequence(lambda n: f"Member {n}")
    email = factory.Sequence(lambda n: f"member-{n}@example.com")
    github_username = factory.Sequence(lambda n: f"member-{n}")
    github_id = factory.Sequence(lambda n: str(50_000_000 + n))


class PullRequestFactory(OfOneTeam):
    """An open pull request; `merged=True` gives one that was merged a day later."""

    class Meta:
        model = PullRequest

    class Params:
        merged = factory.Trait(
            state="merged",
            merged_at=factory.LazyAttribute(lambda row: row.pr_created_at + timedelta(hours=24)),
            closed_at=factory.SelfAttribute("merged_at"),
            cycle_time_hours=24,
        )

    github_pr_id = factory.Sequence(lambda n: 3_000_000_000 + n)
    github_repo_id = 4_000_000_001
    github_repo = "acme/shop"
    number = factory.Sequence(lambda n: n + 1)
    title = factory.LazyAttribute(lambda row: f"Change {row.number}")
    state = "open"
    draft = False
    pr_created_at = START
    pr_updated_at = factory.SelfAttribute("pr_created_at")
    author = factory.SubFactory(TeamMemberFactory, team=factory.SelfAttribute("..team"))
    author_github_id = factory.LazyAttribute(lambda row: account_id(row.author))
    author_login = factory.LazyAttribute(lambda row: getattr(row.author, "github_username", ""))
    author_kind = "User"
    additions = 10
    deletions = 2
    size = factory.LazyAttribute(
        lambda row: None if None in (row.additions, row.deletions) else row.additions + row.deletions
    )


class PRReviewFactory(OfOneTeam):
    class Meta:
        model = PRReview

    pull_request = factory.SubFactory(PullRequestFactory, team=factory.SelfAttribute("..team"))
    github_review_id = factory.Sequence(lambda n: 8_000_000_000 + n)
    reviewer = factory.SubFactory(TeamMemberFactory, team=factory.SelfAttribute("..team"))
    reviewer_github_id = factory.LazyAttribute(lambda row: account_id(row.reviewer))
    reviewer_login = factory.LazyAttribute(lambda row: getattr(row.reviewer, "github_username", ""))
    reviewer_kind = "User"
    state = "approved"
    submitted_state = factory.LazyAttribute(lambda row: None if row.state == "dismissed" else row.state)
    submitted_at = START + timedelta(hours=2)


class CommitFactory(OfOneTeam):
    class Meta:
        model = Commit

    pull_request = factory.SubFactory(PullRequestFactory, team=factory.SelfAttribute("..team"))
    github_sha = factory.Sequence(lambda n: f"{n:040x}")
    github_repo_id = factory.LazyAttribute(lambda row: getattr(row.pull_request, "github_repo_id", None))
    github_repo = factory.LazyAttribute(lambda row: getattr(row.pull_request, "github_repo", ""))
    number = factory.LazyAttribute(lambda row: getattr(row.pull_request, "number", None))
    author = factory.SubFactory(TeamMemberFactory, team=factory.SelfAttribute("..team"))
    author_github_id = factory.LazyAttribute(lambda row: account_id(row.author))
    author_login = factory.LazyAttribute(lambda row: getattr(row.author, "github_username", ""))
    author_kind = "User"
    message = "Do it"
    authored_at = START
    committed_at = START
    additions = 10
    deletions = 2
