"""The stand-in: worlds, behaviour, limits and counters behind one address on this machine."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256

from . import refusals
from .answer import Answer, Request, ok
from .behaviour import Behaviour
from .gates import GATES, is_cut
from .hooks import Hooks
from .limits import CORE, Limits, points_of, resource_of
from .oauth import OAuth
from .routes import route
from .seen import Asked, Seen
from .wire import listen
from .world import World

Clock = Callable[[], datetime]


def _system_clock() -> datetime:
    return datetime.now(UTC)


class Standin:
    def __init__(self, worlds: list[World], behaviour: Behaviour, clock: Clock = _system_clock) -> None:
        self.worlds = worlds
        self.behaviour = behaviour
        self.clock = clock
        self.limits = Limits(behaviour)
        self.requests = Seen()
        self.oauth = OAuth(lambda: self.clock())
        self.hooks = Hooks(behaviour, lambda: self.clock())
        self.turn = 0  # requests so far, this one included
        self.failures = 0  # how many of them ended in a server error
        self.queries = 0  # of GraphQL
        self.url = ""
        self._lock = threading.RLock()

    @property
    def world(self) -> World:
        return self.worlds[0]

    @property
    def request_id(self) -> str:
        return f"57A1:{self.turn:06X}:{int(self.clock().timestamp()):08X}"

    def scopes_of(self, token: str | None) -> str | None:
        """What a token may; None for a fine-grained one, whose permissions GitHub does not tell."""
        if token and token.startswith("github_pat_"):
            return None
        grant = self.oauth.tokens.get(token or "")
        return grant.scopes if grant else self.behaviour.scopes

    def answer(self, request: Request) -> Answer:
        with self.requests.under_way(request.token):
            if self.behaviour.latency:
                time.sleep(self.behaviour.latency)
            with self._lock:
                if request.path == "/_standin/requests":
                    return self._finish(request, ok(self.requests.report()))
                self.turn += 1
                answer = self._decide(request)
                self.requests.add(self._asked(request, answer))
                return answer

    def _asked(self, request: Request, answer: Answer) -> Asked:
        found = route(request)
        return Asked(
            method=request.method,
            path=request.target,
            endpoint=found[0].name if found else "unknown",
            status=0 if answer.dropped else answer.status,
            token=request.token,
            resource=resource_of(request),
            points=points_of(request),
            at=self.clock().timestamp(),
        )

    def happen(self, world: World, number: int, change: Callable[[], object]) -> None:
        """Change one pull request and send what that causes to the repository's hooks."""
        with self._lock:
            before = len(world.deliveries(number))
            change()
            sent = world.deliveries(number)[before:]
        for hook in self.hooks.of(world.repository.id):
            self.hooks.send(hook, sent)

    def _decide(self, request: Request) -> Answer:
        for gate in GATES:
            refusal = gate(self, request)
            if refusal:
                return self._finish(request, refusal)
        found = route(request)
        if found is None:
            answer = refusals.not_found()
        elif not found[0].public and request.token is None:
            answer = refusals.requires_authentication()
        else:
            answer = found[0].endpoint(self, request, found[1])
        answer = self._unchanged(request, answer)
        # GraphQL counts its points itself: they depend on the query.
        if answer.status != 304 and request.path != "/rate_limit" and resource_of(request) == CORE:
            self.limits.count(request.token, self.clock())
        answer.cut = is_cut(self)
        return self._compressed(request, self._finish(request, answer))

    def _compressed(self, request: Request, answer: Answer) -> Answer:
        if self.behaviour.compress and answer.body and "gzip" in request.headers.get("accept-encoding", ""):
            answer.body = gzip.compress(answer.body, compresslevel=1, mtime=0)
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    def _unchanged(self, request: Request, answer: Answer) -> Answer:
        """304 where the client has the body already. A tag made for one token is worth nothing to another."""
        if answer.status != 200 or request.method != "GET":
            return answer
        links = answer.headers.get("Link", "")
        digest = sha256(f"{request.token}\n{links}\n".encode() + answer.body).hexdigest()
        answer.headers["ETag"] = f'W/"{digest}"'
        if answer.headers["ETag"] in request.headers.get("if-none-match", ""):
            return Answer(304, b"", answer.headers)
        return answer

    def _finish(self, request: Request, answer: Answer) -> Answer:
        now = self.clock()
        common = {
            "Server": "github.com",
            "Date": format_datetime(now.astimezone(UTC), usegmt=True),
            "X-GitHub-Request-Id": self.request_id,
        }
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            answer.headers = {**common, **answer.headers}
            return answer
        version = request.headers.get("x-github-api-version", "2022-11-28")
        answer.headers = {
            **common,
            "Content-Type": "application/json; charset=utf-8",
            "Cache-Control": "private, max-age=60, s-maxage=60",
            "Vary": "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With",
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": version,
            **self.limits.headers(request.token, now, resource_of(request)),
            **answer.headers,
        }
        if request.token and answer.status != 401:
            scopes = self.scopes_of(request.token)
            if scopes is not None:
                answer.headers["X-OAuth-Scopes"] = scopes
                answer.headers["X-Accepted-OAuth-Scopes"] = "repo"
        return answer


@contextmanager
def running(
    *worlds: World, clock: Clock = _system_clock, port: int = 0, **behaviour: object
) -> Iterator[Standin]:
    """Serve `worlds` on 127.0.0.1 until the block ends; more may be added to `standin.worlds` meanwhile."""
    standin = Standin([*worlds], Behaviour(**behaviour), clock)  # type: ignore[arg-type]
    with listen(standin.answer, port) as url:
        standin.url = url
        yield standin
