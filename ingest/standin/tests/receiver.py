"""An address that deliveries are sent to: it keeps what came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ingest.standin.answer import Answer, Request
from ingest.standin.wire import listen


@dataclass
class Receiver:
    url: str = ""
    status: int = 202
    got: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        self.got.append(request)
        return Answer(self.status, b'{"message": "stored"}')

    @property
    def ids(self) -> list[str]:
        return [request.headers["x-github-delivery"] for request in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with listen(receiver.answer) as url:
        receiver.url = f"{url}/webhooks/github/key/"
        yield receiver
