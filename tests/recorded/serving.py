"""Serving a recorded repository."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.recorded.recordings import Json, Recorded

# Small, so that lists of a recorded size have several pages.
MOST_ON_A_PAGE = 4


class GitHub(BaseHTTPRequestHandler):
    """Answers as GitHub does, from one recorded repository."""

    recorded: Recorded
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        repository = self.recorded.repository
        by_id, by_name = f"/repositories/{repository['id']}", f"/repos/{repository['full_name']}"
        if path.startswith(by_id):
            path = by_name + path.removeprefix(by_id)
        rest = path.removeprefix(by_name).strip("/").split("/")
        if path in self.recorded.errors:
            self.answer(*self.recorded.errors[path])
        elif path == by_name:
            self.answer(200, repository)
        elif path == f"{by_name}/pulls":
            self.page(self.recorded.listed())
        elif rest[0] == "pulls" and int(rest[1]) in self.recorded.details:
            number = int(rest[1])
            if len(rest) == 2:
                self.answer(200, self.recorded.details[number])
            else:
                self.page(self.recorded.of(number, rest[2]))
        else:
            self.answer(404, {"message": "Not Found"})

    def page(self, items: list[Json]) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        if query.get("sort") == "updated":
            items = sorted(items, key=lambda item: item["updated_at"], reverse=query["direction"] == "desc")
        if query.get("state", "all") != "all":
            items = [item for item in items if item["state"] == query["state"]]
        size = min(int(query["per_page"]), MOST_ON_A_PAGE)
        number = int(query.get("page", 1))
        last = max(1, -(-len(items) // size))
        links = [("next", number + 1), ("last", last)] if number < last else []
        path = re.sub(r"^/repos/[^/]+/[^/]+", f"/repositories/{self.recorded.repository['id']}", self.path)
        base = f"http://{self.headers['Host']}{urlsplit(path).path}"
        link = ", ".join(f'<{base}?{urlencode({**query, "page": n})}>; rel="{rel}"' for rel, n in links)
        self.answer(200, items[(number - 1) * size : number * size], {"Link": link} if link else {})

    def answer(self, status: int, body: Any, headers: Json | None = None) -> None:
        packed = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(packed)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(packed)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(recorded: Recorded) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (GitHub,), {"recorded": recorded}))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
