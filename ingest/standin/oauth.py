"""Who lent which token to which app: what GitHub keeps of its "Authorize" page."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

# GitHub's documentation of "Authorizing OAuth apps": "The temporary code will expire after 10 minutes."
CODE_LIFE = timedelta(minutes=10)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class App:
    """`callback`: where GitHub may send people back to, and below it; empty: anywhere on this machine."""

    client_id: str
    secret: str
    callback: str = ""

    def takes(self, address: str) -> bool:
        given, own = urlsplit(address), urlsplit(self.callback)
        if given.scheme not in ("http", "https") or given.hostname not in _LOOPBACK:
            return False  # nothing leaves this machine
        if not self.callback:
            return True
        below = given.path == own.path or given.path.startswith(own.path.rstrip("/") + "/")
        return (given.scheme, given.hostname, given.port) == (own.scheme, own.hostname, own.port) and below


@dataclass(frozen=True, slots=True)
class Code:
    client_id: str
    redirect_uri: str
    scopes: str
    login: str
    challenge: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """A token that an app was given."""

    client_id: str
    scopes: str
    login: str


class BadCode(Exception):
    """Unknown, used before, expired, of another app, or its verifier does not fit."""


@dataclass
class OAuth:
    clock: Callable[[], datetime]
    apps: dict[str, App] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self) -> None:
        self.register("standin", "standin-secret")

    def register(self, client_id: str, secret: str, callback: str = "") -> App:
        self.apps[client_id] = App(client_id, secret, callback)
        return self.apps[client_id]

    def agree(self, client_id: str, redirect_uri: str, scopes: str, login: str, challenge: str) -> str:
        """Somebody pressed "Authorize": the code that their browser carries back."""
        code = self._new("code")[:20]
        expires = self.clock() + CODE_LIFE
        self.codes[code] = Code(client_id, redirect_uri, scopes, login, challenge, expires)
        return code

    def exchange(self, client_id: str, code: str, verifier: str) -> tuple[str, Grant]:
        """The token for a code, once. Raises BadCode."""
        found = self.codes.get(code)
        if found is None or found.client_id != client_id or self.clock() >= found.expires:
            raise BadCode
        if found.challenge and not hmac.compare_digest(found.challenge, challenge_of(verifier)):
            raise BadCode
        del self.codes[code]
        token = f"gho_{self._new('token')[:36]}"
        self.tokens[token] = Grant(client_id, found.scopes, found.login)
        return token, self.tokens[token]

    def _new(self, kind: str) -> str:
        self.made += 1
        return sha256(f"{kind} {self.made}".encode()).hexdigest()


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def normal(scopes: str) -> str:
    """As GitHub writes them: in order, each once, with a comma and a space."""
    return ", ".join(sorted(set(scopes.replace(",", " ").split())))
