"""Everything that a pull request's page shows: its numbers, each with the events that gave it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from apps.metrics.formulas import FORMULAS
from apps.metrics.models import Commit, PRReview, PullRequest, PullRequestCommit
from ingest.inspection.explain import Explanation, explain
from ingest.inspection.inputs import ARITHMETIC
from ingest.inspection.why import Why
from ingest.models import Stream

from .stages import Events, Slice, Stage, bar, stages

# How a column reads as the end or the beginning of a span, and as a part of a sum.
WORDS = {
    "merged_at": "merged",
    "pr_created_at": "opened",
    "first_review_at": "first review",
    "additions": "lines added",
    "deletions": "lines deleted",
}
NAMES = {
    "cycle_time_hours": "Cycle time",
    "review_time_hours": "Time to first review",
    "size": "Size",
    "is_revert": "Revert",
    "is_hotfix": "Hotfix",
}
EVIDENCE = {"is_revert": "revert_evidence", "is_hotfix": "hotfix_evidence"}
# An explanation reads and decodes all events of the stream; beyond, a page would be waited for.
MOST_EVENTS = 5_000


@dataclass(frozen=True)
class Term:
    """A part of a sum or difference. `value`: a time or a number, None where unknown."""

    value: Any
    what: str
    event_id: int | None

    @property
    def is_time(self) -> bool:
        return isinstance(self.value, datetime)


@dataclass(frozen=True)
class Number:
    """A number as the row has it, and the terms that give it. `differs`: the log says otherwise."""

    name: str
    value: Any
    unit: str
    sign: str
    terms: list[Term]
    how: str
    definition: str
    version: int
    differs: bool


@dataclass
class Evidence:
    """`explained` is None where no event is stored, or too many to read them for a page (`unread`)."""

    pull: PullRequest
    stages: list[Stage]
    bar: list[Slice]
    numbers: list[Number]
    reviews: list[tuple[PRReview, str, int | None]]
    commits: list[tuple[PullRequestCommit, Commit | None, int | None]]
    explained: Explanation | None
    events: int = 0
    unread: bool = False
    notes: list[str] = field(default_factory=list)


def evidence(pull: PullRequest) -> Evidence:
    """Reads the events of the pull request's stream; writes nothing."""
    key = (pull.team_id, pull.github_repo_id, pull.number)
    stream = Stream.for_team(pull.team).filter(repository_id=key[1], number=key[2]).first()
    count = stream.events if stream else 0
    unread = count > MOST_EVENTS
    explained = explain(key) if count and not unread else None
    reviews = list(pull.reviews.select_related("reviewer").order_by("submitted_at", "github_review_id"))
    links = list(
        PullRequestCommit.for_team(pull.team)
        .filter(github_repo_id=pull.github_repo_id, number=pull.number)
        .defer("facts")
        .order_by("pk")
    )
    rows = Commit.for_team(pull.team).filter(github_sha__in=[link.sha for link in links])
    commits = {row.github_sha: row for row in rows.select_related("author")}
    events = _events(explained)
    held = [commits[link.sha] for link in links if not link.removed and link.sha in commits]
    found = stages(pull, held, reviews, events)
    roles = {one.review_id: one.role for one in explained.reviews} if explained else {}
    return Evidence(
        pull,
        found,
        bar(found),
        _numbers(pull, explained),
        [(r, roles.get(r.github_review_id, ""), events.review(r.github_review_id)) for r in reviews],
        [(link, commits.get(link.sha), events.commit(link.sha)) for link in links],
        explained,
        count,
        unread,
        list(explained.notes) if explained else [],
    )


def _events(explained: Explanation | None) -> Events:
    if explained is None:
        return Events({}, {}, {})
    submitted = {
        one.review_id: next((why.event_id for why in one.fields if why.name == "submitted_at"), None)
        for one in explained.reviews
    }
    commits = {one.sha: one.event_ids[-1] if one.event_ids else None for one in explained.commits}
    return Events({why.name: why.event_id for why in explained.fields}, submitted, commits)


def _numbers(pull: PullRequest, explained: Explanation | None) -> list[Number]:
    whys = {why.name: why for why in explained.fields} if explained else {}
    found = []
    for formula in FORMULAS:
        for column in formula.columns:
            if column not in NAMES:
                continue
            why = whys.get(column)
            _, sign, _ = ARITHMETIC.get(column, ("", "", ""))
            found.append(
                Number(
                    NAMES[column],
                    getattr(pull, column),
                    " h" if column.endswith("_hours") else "",
                    {"-": "\N{MINUS SIGN}"}.get(sign, sign),
                    _terms(why) if why and sign else [],
                    getattr(pull, EVIDENCE[column]) if column in EVIDENCE else "",
                    " ".join((formula.compute.__doc__ or "").split()),
                    formula.version,
                    bool(why and why.differs),
                )
            )
    return found


def _terms(why: Why) -> list[Term]:
    found = []
    for each in why.inputs:
        # "review 9000000001 by x" is "review by x" to a reader.
        what = f"review by {each.review.partition(' by ')[2]}" if each.review else WORDS[each.name]
        found.append(Term(each.value, what, each.event_id))
    return found
