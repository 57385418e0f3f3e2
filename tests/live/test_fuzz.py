"""A running server answers nothing with 5xx, and stores nothing that is not signed.

FUZZ=10000 (`make fuzz`) sends more than the suite does; SEED repeats a run.
"""

from __future__ import annotations

import os
import re
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from apps.integrations.services.github_webhooks import sign
from ingest.models import RawGitHubEvent
from tests.live.brokers import Files
from tests.live.conftest import SECRET
from tests.live.malformed import Request, requests

COUNT = int(os.environ.get("FUZZ") or 500)
SEED = int(os.environ.get("SEED") or 8)
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
# The server may end a connection that it can not read; it may not leave one open.
ENDED = 0


def status_of(port: int, request: Request) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        # It may have heard enough and ended the connection; what it answered can be read still.
        with suppress(OSError):
            connection.sendall(request.raw)
            connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
    found = STATUS.findall(received)
    # 100 Continue goes before the answer itself.
    return int(found[-1]) if found else ENDED


def test_malformed_requests_are_refused_and_never_break_the_server(team, address, install):
    installation = install(Files)
    installation.broker.start()
    installation.start(installation.web)
    sent = requests(COUNT, SEED, address, SECRET)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda request: status_of(installation.port, request), sent))

    seen = Counter(zip((request.kind for request in sent), answers, strict=True))
    wrong = {key: n for key, n in seen.items() if key[1] != ENDED and key[1] // 100 not in (2, 4)}
    assert not wrong, (wrong, installation.web.said()[-5000:])
    taken = [request for request, status in zip(sent, answers, strict=True) if status // 100 == 2]
    assert [request.kind for request in taken if not request.signed] == []
    assert len(taken) > COUNT / 20, "most were refused for another reason than the one that is tested"
    stored = RawGitHubEvent.for_team(team)
    assert 0 < stored.count() <= len(taken)
    for event in stored.iterator():
        assert event.headers["X-Hub-Signature-256"] == sign(SECRET, event.body)
    assert RawGitHubEvent.objects.count() == stored.count()
