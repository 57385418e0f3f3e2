"""What the tables say of a team, without what differs between two equal histories: row ids and times of
writing.
"""

from __future__ import annotations

from typing import Any

from apps.metrics.models import Commit, PRReview, PullRequest, PullRequestCommit, Repository, TeamMember
from apps.teams.models import Team
from ingest.models import ParkedEvent, RawGitHubEvent, Stream

WRITTEN = {
    "id",
    "team_id",
    "created_at",
    "updated_at",
    "synced_at",
    "first_at",
    "last_at",
    "attempts",
    "traceback",
}
# With the contents of one bundle imported in another order, the same event has another id.
EVENTS = {"last_event_id", "event_id"}
Rows = list[dict[str, Any]]


def tables(team: Team) -> dict[str, Rows]:
    """Every projected row of the team, sorted; foreign keys as what they point at."""
    events = dict(RawGitHubEvent.for_team(team).values_list("id", "sha256"))
    pulls = {p.pk: (p.github_repo_id, p.number) for p in PullRequest.for_team(team)}
    people = dict(TeamMember.for_team(team).values_list("id", "github_id"))
    streams = {s.pk: (s.repository_id, s.number) for s in Stream.for_team(team)}

    def plain(row: dict[str, Any]) -> dict[str, Any]:
        found = {k: v for k, v in row.items() if k not in WRITTEN}
        found |= {k: events.get(row[k]) for k in EVENTS & found.keys()}
        found |= {k: people.get(row[k]) for k in ("author_id", "reviewer_id") if k in found}
        if "pull_request_id" in found:
            found["pull_request_id"] = pulls.get(row["pull_request_id"])
        if "stream_id" in found:
            found["stream_id"] = streams[row["stream_id"]]
        return found

    models: tuple[Any, ...] = (PullRequest, PRReview, Commit, PullRequestCommit, Repository, ParkedEvent)
    return {
        model.__name__: sorted((plain(row) for row in model.for_team(team).values()), key=repr)
        for model in models
    }


def log_of(team: Team) -> Rows:
    """The events' facts and derived columns, sorted."""
    rows = RawGitHubEvent.for_team(team).values()
    return sorted(
        ({k: v for k, v in row.items() if k not in {"id", "team_id", "fetch_id"}} for row in rows), key=repr
    )
