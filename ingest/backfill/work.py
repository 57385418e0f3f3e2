"""What all steps of a backfill share: asking GitHub, and storing what it said before anybody reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from apps.teams.models import Team
from ingest.github.answer import Answer
from ingest.github.client import GitHubClient
from ingest.github.errors import UnexpectedAnswer
from ingest.github.limits import Rate
from ingest.log.append import append
from ingest.log.facts import NewEvent, Request
from ingest.models import RawGitHubEvent, Run
from ingest.runs.lease import Lease

from . import owed
from .counters import FAILURES_KEPT, Counters, quota
from .repository import Repository

Progress = Callable[[Run, Counters], None]


class Node(NamedTuple):
    """What GraphQL said of a pull request, in its own bytes."""

    body: bytes
    endpoint: str
    number: int | None


class Work:
    """A run in progress. Whatever it stores is one transaction with the run's counters, cursor and lease.

    `repository`: as GitHub has just shown it; None: not asked for yet.
    Every method raises LeaseLost where the run is somebody else's by now; nothing was written then.
    """

    def __init__(
        self,
        lease: Lease,
        client: GitHubClient,
        repository: Repository | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.lease = lease
        self.run = lease.run
        self.team: Team = self.run.team
        self.client = client
        self.counters = Counters.from_json(self.run.counters)
        self.failures: list[dict[str, Any]] = list(self.run.report.get("failures", []))
        self.owed = owed.Owed(self.run)
        self.repository = repository
        # The quotas after the last answers, by resource.
        self.rates: dict[str, Rate] = {}
        self._progress = progress

    @property
    def place(self) -> Repository:
        if self.repository is None:
            raise RuntimeError("the repository is asked for first")
        return self.repository

    def get(self, path_or_url: str, etag: str | None = None) -> Answer:
        """Raises a GitHubError."""
        self.lease.beat()
        return self._counted(self.client.get(path_or_url, etag=etag))

    def ask(self, query: str, variables: Mapping[str, Any]) -> Answer:
        """See `GitHubClient.graphql`. Raises a GitHubError."""
        self.lease.beat()
        return self._counted(self.client.graphql(query, variables))

    def _counted(self, answer: Answer) -> Answer:
        self.counters.requests += 1
        self.counters.free += answer.status == 304
        self.counters.quota = quota(answer.rate) or self.counters.quota
        if answer.rate:
            self.rates[answer.rate.resource] = answer.rate
        return answer

    def store(
        self,
        answer: Answer,
        bodies: Sequence[bytes],
        event_type: str,
        endpoint: str,
        *,
        number: int | None = None,
        truncated: bool = False,
    ) -> None:
        """The items of one answer into the log."""
        request = _request(answer, self.run.pk, truncated, {})
        source = RawGitHubEvent.Source.REST
        self._append([self._event(source, body, event_type, endpoint, number, request) for body in bodies])

    def store_nodes(
        self, answer: Answer, nodes: Sequence[Node], details: Mapping[str, Any], *, truncated: bool = False
    ) -> None:
        """The pull request nodes of the answer to a query into the log. `details`: of the query."""
        request = _request(answer, self.run.pk, truncated, details)
        source = RawGitHubEvent.Source.GRAPHQL
        self._append(
            [self._event(source, n.body, "pull_request", n.endpoint, n.number, request) for n in nodes]
        )

    def _append(self, events: Sequence[NewEvent]) -> None:
        with self.lease.held():
            done = append(self.team, events)
            self.counters.stored += done.stored
            if events:
                self.counters.duplicates[events[0].event_type] += done.duplicates
            self.save()
        self.tell()

    def _event(
        self,
        source: str,
        body: bytes,
        event_type: str,
        endpoint: str,
        number: int | None,
        request: Request,
    ) -> NewEvent:
        return NewEvent(
            source=source,
            event_type=event_type,
            body=body,
            endpoint=endpoint,
            repository_id=self.place.id,
            repository=self.place.full_name,
            number=number,
            received_at=request.answered_at,
            request=request,
        )

    def save(self, **fields: Any) -> None:
        """The counters, and other fields of the run's row."""
        self.lease.write(counters=self.counters.as_json(), **fields)

    def fail(self, number: int, endpoint: str, error: Exception) -> None:
        """Note what GitHub doesn't give of one pull request; the run goes on, and the next one asks for it.

        Raises UnexpectedAnswer where it is too much to be kept for the next one.
        """
        if any(f["number"] == number and f["endpoint"] == endpoint for f in self.failures):
            return
        self.counters.failures += 1
        if len(self.failures) < FAILURES_KEPT:
            failure = {"error": type(error).__name__, "message": str(error)}
            self.failures.append({"number": number, "endpoint": endpoint, **failure})
        before = len(self.owed.numbers)
        self.owed.fail(number, endpoint, error)
        self.save(report=self._report())
        self.tell()
        if before < len(self.owed.numbers) > owed.MOST:
            raise UnexpectedAnswer(
                f"GitHub failed to give more than {owed.MOST} pull requests of {self.place.full_name}; of the"
                f" last one it said: {error}"
            ) from error

    def came(self, numbers: Iterable[int]) -> None:
        """Save the counters; of these pull requests all is stored."""
        self.save(**({"report": self._report()} if self.owed.came(numbers) else {}))

    def _report(self) -> dict[str, Any]:
        return {**self.run.report, "failures": self.failures, **self.owed.as_report()}

    def tell(self) -> None:
        if self._progress:
            self._progress(self.run, self.counters)


def _request(answer: Answer, run_id: int, truncated: bool, details: Mapping[str, Any]) -> Request:
    rate = quota(answer.rate)
    return Request(
        url=answer.url,
        status=answer.status,
        etag=answer.etag or "",
        request_id=answer.request_id,
        answered_at=answer.date,
        truncated=truncated,
        details={**({"rate": rate} if rate else {}), **details},
        run_id=run_id,
    )
