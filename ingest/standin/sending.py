"""Sending a delivery, to this machine only, and what came back."""

from __future__ import annotations

import time
from http.client import HTTPConnection, HTTPException
from typing import NamedTuple
from urllib.parse import urlsplit

SECONDS = 10.0  # GitHub waits no longer for an answer
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Outcome(NamedTuple):
    """In GitHub's words. `headers` and `payload` are None where nothing answered."""

    status: str
    status_code: int
    duration: float = 0.0
    headers: dict[str, str] | None = None
    payload: str | None = None


UNREACHED = Outcome("failed to connect", 502)
# Something in between answered, and what it was meant for has never seen it.
SWALLOWED = Outcome("OK", 200, 0.02, {"Content-Type": "text/plain"}, "")
# It never began: no list has it.
UNRECORDED = Outcome("", 0)


def post(url: str, headers: dict[str, str], body: bytes) -> Outcome:
    address = urlsplit(url)
    if address.scheme != "http" or address.hostname not in _LOOPBACK:
        return UNREACHED
    began = time.monotonic()
    connection = HTTPConnection(address.hostname, address.port, timeout=SECONDS)
    try:
        target = f"{address.path or '/'}{'?' if address.query else ''}{address.query}"
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except TimeoutError:
        return Outcome("timed out", 504, SECONDS)
    except (OSError, HTTPException):
        return UNREACHED
    finally:
        connection.close()
    status = "OK" if answer.status < 300 else f"Invalid HTTP Response: {answer.status}"
    taken = round(time.monotonic() - began, 2)
    return Outcome(status, answer.status, taken, dict(answer.getheaders()), text)
