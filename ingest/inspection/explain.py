"""Why a pull request's row is what it is: per field the event that set it, and those that lost and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.metrics.models import PullRequest, Repository
from apps.metrics.projection import columns
from apps.metrics.projection.bindings import Members
from apps.metrics.projection.project import Projection
from apps.metrics.projection.version import VERSION
from apps.teams.models import Team
from ingest.log.streams import StreamKey
from ingest.models import ParkedEvent
from ingest.replay.folding import Failure

from .computed import computed_fields
from .folded import FoldedStream, fold_stream
from .losing import Lost
from .parts import CommitWhy, ReviewWhy, commits_why, reviews_why
from .why import Why, fact

# Read from several events, or from none.
COMPUTED = ("state", "ready_at", "commits_incomplete", "last_event_id")
FIELDS = (*columns.PULL_REQUEST_FACTS, "author", "github_repo", *columns.PULL_REQUEST_FORMULAS)
PARTS = ("reviews", "commits")


class UnknownField(Exception):
    """A field was asked for that a pull request doesn't have."""


@dataclass
class Explanation:
    """What the log says of a pull request, beside what its row says.

    `pending` events are stored and not applied yet, so `fields` may be ahead of the row. `parked` are the
    events that could not be read (None: the whole stream), with what the exception said. `notes` say what
    keeps the row from being up to date.
    """

    team: str
    repository: str
    repository_id: int
    number: int
    has_row: bool
    events: int
    pending: int
    notes: list[str] = field(default_factory=list)
    fields: list[Why] = field(default_factory=list)
    reviews: list[ReviewWhy] = field(default_factory=list)
    commits: list[CommitWhy] = field(default_factory=list)
    parked: list[Lost] = field(default_factory=list)


def explain(key: StreamKey, names: Iterable[str] = ()) -> Explanation:
    """Explain a pull request, some of its fields where `names` has any (`reviews` and `commits` are two).

    Raises `UnknownField`. Reads the whole stream, writes nothing.
    """
    wanted = list(names)
    if unknown := [name for name in wanted if name not in (*FIELDS, *PARTS)]:
        raise UnknownField(
            f"a pull request has no field {', '.join(unknown)}; it has {', '.join((*FIELDS, *PARTS))}"
        )
    stream = fold_stream(key)
    team_id, repository_id, number = key
    row = PullRequest.objects.filter(team_id=team_id, github_repo_id=repository_id, number=number).first()
    repository = Repository.objects.filter(team_id=team_id, github_repo_id=repository_id).first()
    found = Explanation(
        team=Team.objects.get(pk=team_id).slug,
        repository=repository.full_name if repository else str(repository_id),
        repository_id=repository_id,
        number=number,
        has_row=row is not None,
        events=stream.counts.events,
        pending=stream.counts.events - max(stream.counts.applied, 0),
        parked=_parked(stream),
    )
    projection = stream.projection
    if projection is not None:
        fields = _fields(stream, projection, row, found.repository)
        found.fields = [why for why in fields if _asked(why.name, wanted)]
        found.reviews = reviews_why(stream, projection, row) if _asked("reviews", wanted) else []
        found.commits = commits_why(stream, projection) if _asked("commits", wanted) else []
    found.notes = list(_notes(stream, found))
    return found


def _asked(name: str, wanted: list[str]) -> bool:
    return not wanted or name in wanted


def _parked(stream: FoldedStream) -> list[Lost]:
    """What failed when folding just now, and what was refused of the whole stream when it was written."""
    found = [_lost(failure) for failure in stream.failures]
    if all(lost.event_id for lost in found):
        refused = ParkedEvent.objects.filter(stream_id=stream.counts.id, event=None)
        found += [_lost(row) for row in refused]
    return found


def _lost(failure: Failure | ParkedEvent) -> Lost:
    place = f" at {failure.path}" if failure.path else ""
    return Lost(failure.event_id, f"parked: {failure.error}{place}", failure.message)


def _fields(
    stream: FoldedStream, projection: Projection, row: PullRequest | None, repository: str
) -> list[Why]:
    projected = projection.pull_request
    if projected is None:
        return []
    layers, won = stream.state.pull_request, stream.state.pull_request.resolve()
    found = {
        name: fact(name, projected[name], getattr(row, name, None), layers, won, stream)
        for name in columns.PULL_REQUEST_FACTS
        if name not in COMPUTED
    }
    found |= {why.name: why for why in computed_fields(stream, projection, row, found)}
    found |= {why.name: why for why in _bindings(stream, projected, row, repository)}
    return [found[name] for name in FIELDS]


def _bindings(
    stream: FoldedStream, projected: dict[str, Any], row: PullRequest | None, repository: str
) -> list[Why]:
    team_id, github_id, login = stream.key[0], projected["author_github_id"], projected["author_login"]
    member = Members([(team_id, github_id, login)]).find(team_id, github_id, login)
    how = f"the member with GitHub's id {github_id}" if member else f"no member has GitHub's id {github_id}"
    named = stream.state.names.resolve().get("full_name")
    said = f", told here by {stream.told(named.event_id)}" if named and named.value == repository else ""
    return [
        Why("author", member, row.author_id if row else None, how),
        Why(
            "github_repo",
            repository,
            row.github_repo if row else None,
            f"the newest name that any event of the repository tells{said}",
        ),
    ]


def _notes(stream: FoldedStream, found: Explanation) -> Iterable[str]:
    """What keeps the row from being what is shown here, and what to do."""
    again = f"manage.py replay --team {found.team} --repo {found.repository_id} --pr {found.number}"
    differing = [why.name for why in found.fields if why.differs]
    differing += [f"review {r.review_id}" for r in found.reviews if r.differs]
    differing += [f"commit {c.sha[:12]}" for c in found.commits if c.differs]
    if stream.projection is not None and stream.projection.pull_request is None:
        yield "no event carries the pull request itself: there is no row, and what is stored waits in the log"
        return
    if found.pending:
        yield f"the row is not up to date: {found.pending} events are pending ({again})"
    if stream.counts.version < VERSION:
        yield f"the row was made by version {stream.counts.version}, the code is at {VERSION} ({again})"
    refused = any(lost.event_id is None for lost in found.parked)
    if refused:
        yield "the rows of the whole stream were refused, and stay as they were"
    elif not found.has_row and not found.pending:
        yield f"there is no row ({again})"
    elif differing and not found.pending:
        yield f"the row says otherwise in {', '.join(differing)}: a replay puts it right ({again})"
