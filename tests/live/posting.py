"""Posting deliveries to a running server as GitHub does: over HTTP, several at once."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.live.deliveries import Delivery

AT_ONCE = 4
# GitHub's own patience.
TIMEOUT = 10


def post(port: int, path: str, delivery: Delivery, secret: str) -> int:
    """The status of the answer. Raises OSError or HTTPException where there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("POST", path, delivery.body, delivery.headers(secret))
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def post_all(port: int, path: str, deliveries: Iterable[Delivery], secret: str) -> list[int]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda one: post(port, path, one, secret), deliveries))


def seconds_to_post(port: int, path: str, delivery: Delivery, secret: str) -> tuple[int, float]:
    start = time.monotonic()
    return post(port, path, delivery, secret), time.monotonic() - start
