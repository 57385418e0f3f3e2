"""A processor called directly, without a state: the rows are the state, one payload is folded into them, and
what differs is written.

There is no event and so no instant: a payload wins against what it finds unless its object's own
`updated_at` is older. The next replay of the stream puts the rows back to what the log says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from msgspec import UNSET

from apps.metrics.models import Commit, PRReview, PullRequest, PullRequestCommit, Repository
from apps.metrics.processors import StreamState, Unreadable, fields, payloads
from apps.metrics.processors.fold import NEVER, UNKNOWN, Layer, Layers, Order
from apps.metrics.processors.processor import Processor

from . import commits
from .changes import Outcome
from .completing import completed
from .project import StreamKey, project
from .writer import write

if TYPE_CHECKING:
    from apps.teams.models import Team

# Greater than any hash: of two equal places the payload of this call is the newer one.
LAST = "g"


def apply(processor: Processor, team: Team, payload: Any) -> Any:
    """Fold one payload into the stored rows and write. Returns the row that it is about, or None.

    A dict may be shorter than GitHub's (see `completing`). Raises `Unreadable` where a value is not what it
    should be or no repository is named.
    """
    if isinstance(payload, Mapping):
        payload = completed(team, processor.payload_type, payload)
        if payload is None:
            return None
    payload = processor.decoded(payload)
    key = _place(team, payload)
    with transaction.atomic():
        state = load(key)
        processor.fold(payload, state.for_event(None, None, LAST))
        write([project(state)], Outcome())
        return _row(key, payload)


def _place(team: Team, payload: Any) -> StreamKey:
    pull_request = getattr(payload, "pull_request", UNSET)
    repository = getattr(payload, "repository", UNSET) or UNSET
    if repository is UNSET and pull_request is not UNSET and pull_request.base and pull_request.base.repo:
        repository = pull_request.base.repo
    if isinstance(payload, payloads.PingDelivery) and repository is UNSET:
        return team.pk, 0, 0
    if repository is UNSET:
        raise Unreadable("$.repository", "Expected the repository, got nothing")
    if isinstance(payload, payloads.RepositoryDelivery | payloads.PingDelivery):
        return team.pk, repository.id, 0
    if pull_request is UNSET:
        raise Unreadable("$.pull_request", "Expected the pull request, got nothing")
    return team.pk, repository.id, pull_request.number


def _row(key: StreamKey, payload: Any) -> Any:
    team_id, repo, number = key
    match payload:
        case payloads.PullRequestDelivery():
            return PullRequest.objects.filter(team_id=team_id, github_repo_id=repo, number=number).first()
        case payloads.PullRequestReviewDelivery():
            return PRReview.objects.filter(team_id=team_id, github_review_id=payload.review.id).first()
        case payloads.CommitDelivery():
            return Commit.objects.filter(team_id=team_id, github_sha=payload.commit.sha).first()
        case _:
            return Repository.objects.filter(team_id=team_id, github_repo_id=repo).first()


def load(key: StreamKey) -> StreamState:
    """The stored rows of a stream as the layers that would have made them."""
    team_id, repo, number = key
    state = StreamState(*key)
    named = Repository.objects.filter(team_id=team_id, github_repo_id=repo).first()
    if named:
        order = Order(0, named.name_instant, named.name_digest)
        state.names.add(Layer(order, None, payloads.Repository(id=repo, full_name=named.full_name)))
    row = PullRequest.objects.filter(team_id=team_id, github_repo_id=repo, number=number).first()
    if row:
        state.pull_request.add(
            Layer(Order(row.pr_updated_at or NEVER, UNKNOWN, ""), row.last_event_id, _pull_request(row))
        )
        # The others are in the log alone.
        state.ready = {row.ready_at: None} if row.ready_at else {}
        for review in row.reviews.all():
            _load_review(state, review)
    for link in PullRequestCommit.objects.filter(team_id=team_id, github_repo_id=repo, number=number):
        layers = state.commits.setdefault(link.sha, Layers(fields.COMMIT))
        for instant, digest, found in commits.layers_of(link.facts):
            layers.add(Layer(Order(0, instant, digest), None, _commit(link.sha, found)))
    return state


def _pull_request(row: PullRequest) -> payloads.PullRequest:
    collected = {
        name: UNSET if value is None else value
        for name, value in (
            ("additions", row.additions),
            ("deletions", row.deletions),
            ("changed_files", row.changed_files),
            ("commits", row.commit_count),
            ("draft", row.draft),
        )
    }
    return payloads.PullRequest(
        id=row.github_pr_id,
        number=row.number,
        title=row.title,
        body=f"Reverts {row.reverts}" if row.reverts else "",
        state=row.state,  # type: ignore[arg-type]
        user=_actor(row.author_github_id, row.author_login, row.author_kind),
        created_at=row.pr_created_at,
        updated_at=row.pr_updated_at,
        closed_at=row.closed_at,
        merged_at=row.merged_at,
        merge_commit_sha=row.merge_commit_sha or None,
        head=payloads.Branch(ref=row.head_ref, sha=row.head_sha),
        base=payloads.Branch(ref=row.base_ref),
        labels=[payloads.Label(name) for name in row.labels],
        **collected,  # type: ignore[arg-type]
    )


def _actor(github_id: int | None, login: str, kind: str) -> payloads.Actor | None:
    if github_id is None and not login:
        return None
    return payloads.Actor(id=github_id, login=login, type=kind)


def _load_review(state: StreamState, row: PRReview) -> None:
    """What it was before a dismissal is a layer of its own, or the dismissal would hide it."""
    who = _actor(row.reviewer_github_id, row.reviewer_login, row.reviewer_kind)
    for known in dict.fromkeys(s for s in (row.submitted_state, row.state) if s):
        state.occasion = state.occasion._replace(event_id=row.last_event_id, instant=None, digest="")
        state.add_review(
            payloads.Review(
                id=row.github_review_id,
                state=known,  # type: ignore[arg-type]
                user=who,
                submitted_at=row.submitted_at,
            )
        )


def _commit(sha: str, found: dict[str, Any]) -> payloads.Commit:
    def when(name: str) -> Any:
        if name not in found:
            return UNSET
        return payloads.Signature(date=datetime.fromisoformat(found[name]) if found[name] else None)

    author = UNSET
    if "author_github_id" in found:
        author = _actor(found["author_github_id"], found["author_login"] or "", found["author_kind"] or "")  # type: ignore[assignment]
    parents = found.get("parents", UNSET)
    return payloads.Commit(
        sha=sha,
        commit=payloads.GitCommit(
            message=found.get("message", UNSET), author=when("authored_at"), committer=when("committed_at")
        ),
        author=author,
        parents=parents if parents is UNSET else [payloads.Parent(sha) for sha in parents],
        stats=payloads.Stats(found["additions"], found["deletions"]) if "additions" in found else UNSET,
    )
