"""A real HTTP server on this machine that answers from a list, for what only the wire can show."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    content_length: int | None = None
    hang_up: bool = False
    wait_for: threading.Event | None = None


@dataclass
class Asked:
    path: str
    headers: Message
    connection: tuple[str, int]
    method: str
    body: bytes


class ScriptedServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script: dict[str, list[Reply]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def reply_to(self, path: str) -> Reply:
        """The next reply of the path's list; its last one is given again and again."""
        replies = self.script[path]
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ScriptedServer

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(Asked(self.path, self.headers, self.client_address, self.command, body))
        reply = self.server.reply_to(self.path)
        if reply.wait_for is not None:
            reply.wait_for.wait(timeout=10)
        if reply.hang_up:
            self.close_connection = True
            return
        (self.send_response_only if "Date" in reply.headers else self.send_response)(reply.status)
        length = len(reply.body) if reply.content_length is None else reply.content_length
        headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(length)}
        for name, value in {**headers, **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        if length > len(reply.body):
            self.close_connection = True

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(script: dict[str, list[Reply]]) -> Iterator[ScriptedServer]:
    server = ScriptedServer(script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def message(text: str) -> bytes:
    return json.dumps({"message": text}).encode()
