"""Sending prepared requests over open connections, as fast as answers come or at a given rate."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

CONNECTIONS = 8


@dataclass
class Result:
    rate: float
    p50: float
    p99: float


class Refused(RuntimeError):
    pass


def prepared(path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def send(port: int, requests: Sequence[bytes], rate: float | None = None) -> Result:
    """With a rate, each request has its time: waiting for the ones before it counts as latency."""
    latencies: list[float] = []
    failures: list[BaseException] = []
    next_one = iter(range(len(requests)))
    lock = threading.Lock()
    start = time.monotonic()

    def work() -> None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                while True:
                    with lock:
                        i = next(next_one, None)
                    if i is None:
                        return
                    due = start + i / rate if rate else time.monotonic()
                    time.sleep(max(0, due - time.monotonic()))
                    _exchange(connection, requests[i])
                    latencies.append(time.monotonic() - due)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    ordered = sorted(latencies)
    seconds = time.monotonic() - start
    return Result(len(ordered) / seconds, ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)])


def _exchange(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _piece(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    if b" 202 " not in head.partition(b"\r\n")[0]:
        raise Refused(received.decode(errors="replace"))
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += _piece(connection)


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(65536)
    if not piece:
        raise ConnectionError("the server ended the connection")
    return piece
