"""Requests that GitHub would never send, and some that it might, made from a seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from apps.integrations.services.github_webhooks import sign
from tests.payloads import as_bytes, delivery, delivery_id, merged, moment

Headers = list[tuple[bytes, bytes]]
JSON = b"application/json"
FORM = b"application/x-www-form-urlencoded"


class Request(NamedTuple):
    raw: bytes
    signed: bool  # by the secret, over the bytes that the server gets to see
    kind: str


def requests(count: int, seed: int, address: str, secret: str) -> list[Request]:
    chance = random.Random(seed)
    made = []
    for i in range(count):
        body_of, wrap = chance.choice(BODIES), chance.choice(WRAPS)
        name = f"{body_of.__name__}, {wrap.__name__}"
        raw, signed = wrap(chance, address.encode(), body_of(chance), secret, i)
        made.append(Request(raw, signed, name))
    return made


# Bodies


def real(chance: random.Random) -> bytes:
    return as_bytes(delivery(merged(chance.randrange(1, 50)), "closed"))


def empty(chance: random.Random) -> bytes:
    return b""


def noise(chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((1, 7, 300, 70_000)))


def cut(chance: random.Random) -> bytes:
    whole = real(chance)
    return whole[: chance.randrange(len(whole))]


def changed_bytes(chance: random.Random) -> bytes:
    body = bytearray(real(chance))
    for _ in range(chance.randrange(1, 20)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


def deep(chance: random.Random) -> bytes:
    depth = chance.choice((10, 990, 1010, 20_000, 200_000))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"repository":', b"}")))
    return opening * depth + b"1" + closing * chance.choice((0, depth))


def other_values(chance: random.Random) -> bytes:
    """A delivery with anything where something else is expected, at any depth."""
    payload = delivery(merged(chance.randrange(1, 50)), "closed")
    for _ in range(chance.randrange(1, 6)):
        place = payload
        while True:
            key = chance.choice(list(place))
            if not isinstance(place[key], dict) or not place[key] or chance.random() < 0.3:
                break
            place = place[key]
        place[key] = copy.deepcopy(chance.choice(ODD))
    return json.dumps(payload, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def other_documents(chance: random.Random) -> bytes:
    return chance.choice(DOCUMENTS)


def form(chance: random.Random) -> bytes:
    return b"payload=" + quote_plus(other_values(chance)).encode()


def odd_form(chance: random.Random) -> bytes:
    return chance.choice(
        (
            b"payload=%ff%fe",
            b"payload",
            b"=",
            b"a=1&" * 3000,
            b"payload=1&payload={}",
            b"payload=%7B%22%zz",
            b"&;&",
        )
    )


def large(chance: random.Random) -> bytes:
    return b'{"zen":"' + b"z" * chance.choice((100_000, 2_600_000, 3_000_000)) + b'"}'


ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 2**64, 10**400, 1.5e308, "", "x" * 300, "\x00", "\ud800", [], {}, [[]],
    "9999-99-99T99:99:99Z", "0001-01-01T00:00:00Z", float("nan"), float("inf"), {"id": []},
    "\u202e\U0001f600",
)  # fmt: skip
DOCUMENTS = (
    b"null", b"[]", b"0", b'""', b"NaN", b"\xef\xbb\xbf{}", '{"action":"é"}'.encode("latin-1"),
    '{"action":"opened"}'.encode("utf-16"), '{"repository":{"id":1}}'.encode("utf-32"), b'{"a":1}{"a":1}',
    b'{"repository":{"id":' + b"9" * 5000 + b"}}", b'{"action":"\\u0000"}', b'{"action":"\\ud800"}',
    b'{"repository":{"id":1e400}}', b'{"repository":null,"repository":[]}', b"{" * 5, b"\x00" * 50, b"{}\n",
)  # fmt: skip
BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    real, empty, noise, cut, changed_bytes, deep, other_values, other_documents, form, odd_form, large,
)  # fmt: skip


# Requests around a body

Wrapped = tuple[bytes, bool]


def headers_of(chance: random.Random, body: bytes, secret: str, i: int) -> Headers:
    kind = FORM if body.startswith(b"payload") else JSON
    return [
        (b"Host", b"127.0.0.1"),
        (b"Connection", b"close"),
        (b"Content-Type", kind),
        (b"X-GitHub-Event", chance.choice((b"pull_request", b"pull_request_review", b"push", b"made_up"))),
        (b"X-GitHub-Delivery", delivery_id(moment(seconds=i), str(i)).encode()),
        (b"X-Hub-Signature-256", sign(secret, body).encode()),
    ]


def joined(line: bytes, headers: Headers, body: bytes) -> bytes:
    return line + b"\r\n" + b"".join(k + b": " + v + b"\r\n" for k, v in headers) + b"\r\n" + body


def as_it_should_be(chance: random.Random, path: bytes, body: bytes, secret: str, i: int) -> Wrapped:
    headers = [*headers_of(chance, body, secret, i), (b"Content-Length", b"%d" % len(body))]
    return joined(b"POST " + path + b" HTTP/1.1", headers, body), True


def unsigned(chance: random.Random, path: bytes, body: bytes, secret: str, i: int) -> Wrapped:
    bad: tuple[bytes, ...] = (
        b"", b"sha256=", b"sha256=" + b"0" * 64, b"sha256=\xff\xfe", b"sha1=" + b"0" * 40,
        b"sha256=" + b"f" * 9000,
        sign("other", body).encode(), sign(secret, body + b" ").encode(), sign(secret, body).upper().encode(),
    )  # fmt: skip
    headers = [pair for pair in headers_of(chance, body, secret, i) if not pair[0].startswith(b"X-Hub")]
    if chance.random() < 0.9:
        headers.append((b"X-Hub-Signature-256", chance.choice(bad)))
    headers.append((b"Content-Length", b"%d" % len(body)))
    return joined(b"POST " + path + b" HTTP/1.1", headers, body), False


def odd_headers(chance: random.Random, path: bytes, body: bytes, secret: str, i: int) -> Wrapped:
    """Signed all the same."""
    headers = [*headers_of(chance, body, secret, i), (b"Content-Length", b"%d" % len(body))]
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(1, len(headers) - 2)
        name, value = headers[at]
        headers[at] = (
            name,
            chance.choice((b"", b" ", b"\xff\xfe", b"\x01", b"a" * 150, b"b" * 9000, value * 2)),
        )
    extra = (
        (b"X-GitHub-Hook-ID", chance.choice((b"9" * 30, b"-1", b"\xb2", b"1e3", b"7"))),
        (b"Content-Encoding", b"gzip"),
        (b"Expect", b"100-continue"),
        (b"X-Large", b"x" * chance.choice((100, 8000, 70_000))),
        (b"Cookie", b"sessionid=\xff; csrftoken=" + b"c" * 500),
        (b"Host", b"elsewhere.example"),
        (b"X-Forwarded-Proto", b"https"),
        (b"bad name", b"1"),
        (b"No\x00name", b"1"),
    )
    headers += chance.sample(extra, chance.randrange(3))
    headers += [(b"X-%d" % n, b"1") for n in range(chance.choice((0, 0, 0, 90, 200)))]
    return joined(b"POST " + path + b" HTTP/1.1", headers, body), True


def wrong_length(chance: random.Random, path: bytes, body: bytes, secret: str, i: int) -> Wrapped:
    n = len(body)
    given = chance.choice(
        (b"-1", b"", b"1e3", b"0x10", b"\xb2", b"99999999999999999999", b"%d" % (n + 7), b"%d" % (n // 2))
    )
    headers = [*headers_of(chance, body, secret, i), (b"Content-Length", given)]
    if chance.random() < 0.2:
        headers.append((b"Content-Length", b"%d" % n))
    # The connection ends with the body: where more was announced, what came is whole and its signature fits.
    # Half of nothing is nothing.
    return joined(b"POST " + path + b" HTTP/1.1", headers, body), n == 0 or given == b"%d" % (n + 7)


def no_length(chance: random.Random, path: bytes, body: bytes, secret: str, i: int) -> Wrapped:
    return joined(b"POST " + path + b" HTTP/1.1", headers_of(chance, body, secret, i), body), body == b""


def chunked(chance: random.Random, path: bytes, body: bytes, secret: str, i: int) -> Wrapped:
    pieces = [body[at : at + 4000] for at in range(0, len(body), 4000)]
    packed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    if chance.random() < 0.3:
        packed = packed[: chance.randrange(len(packed))]
    headers = [
        *headers_of(chance, body, secret, i),
        (b"Transfer-Encoding", chance.choice((b"chunked", b"gzip, chunked"))),
    ]
    if chance.random() < 0.2:
        headers.append((b"Content-Length", b"%d" % len(body)))
    return joined(b"POST " + path + b" HTTP/1.1", headers, packed), True


def odd_request_line(chance: random.Random, path: bytes, body: bytes, secret: str, i: int) -> Wrapped:
    line = chance.choice(
        (
            b"PUT %s HTTP/1.1", b"GET %s HTTP/1.1", b"BREW %s HTTP/1.1", b"OPTIONS %s HTTP/1.1",
            b"DELETE %s HTTP/1.1", b"POST %s HTTP/1.0", b"POST %s HTTP/9.9", b"POST %s",
            b"post %s HTTP/1.1", b"POST %sx/ HTTP/1.1",
            b"POST /webhooks/github/ HTTP/1.1", b"POST /webhooks/github/%%ff%%00/ HTTP/1.1",
            b"POST %s?a=1&a=%%ff HTTP/1.1", b"POST /webhooks/github/\xff/ HTTP/1.1", b"POST %s/../ HTTP/1.1",
            b"POST /webhooks/github/" + b"k" * 5000 + b"/ HTTP/1.1", b"POST http://127.0.0.1%s HTTP/1.1",
            b"\x16\x03\x01",
        )
    )  # fmt: skip
    if b"%s" in line:
        line = line % path
    headers = [*headers_of(chance, body, secret, i), (b"Content-Length", b"%d" % len(body))]
    return joined(line, headers, body), True


WRAPS = (
    as_it_should_be, unsigned, unsigned, odd_headers, odd_headers, wrong_length, no_length, chunked,
    odd_request_line,
)  # fmt: skip
