"""The `state` of a sign-in at GitHub: signed, of one browser, person and team, good once and for ten minutes.

GitHub hands it back unread. Without it somebody could make an admin's browser finish a sign-in that they
began themselves, and the team would collect with their account (RFC 6749, 10.12).
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256
from typing import Any

from django.core.signing import BadSignature, Signer
from django.utils.crypto import salted_hmac

from apps.integrations.services.unprinted import Unprinted
from apps.teams.models import Team
from apps.users.models import User

LIFE = timedelta(minutes=10)
SESSION_KEY = "github_sign_ins"
# Open tabs of one browser that may be on their way to GitHub and back.
MOST = 5
SALT = "apps.integrations.oauth_state"

Session = MutableMapping[str, Any]


class Reason(Enum):
    """Why a state is refused, in a sentence that says what to do next."""

    UNREADABLE = "The address that GitHub was to send you back to is not complete. Start again."
    FOREIGN = (
        "This sign-in at GitHub was begun by another account of this site. Start it again with the account "
        "that you are signed in with now."
    )
    EXPIRED = "More than ten minutes passed at GitHub, so this sign-in counts no more. Start again."
    USED = (
        "This sign-in at GitHub was finished before, or begun in another browser. Look whether the team is "
        "connected; if not, start again."
    )


class StateRefused(Exception):
    """`team_id`: which team it was about, as far as it can be believed."""

    def __init__(self, reason: Reason, team_id: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.team_id = team_id


@dataclass(frozen=True)
class Begun:
    """`challenge` goes to GitHub now; the verifier, which is worth something, only with the code."""

    state: str
    challenge: str


@dataclass(frozen=True)
class Ended:
    team_id: int
    verifier: Unprinted


def begin(session: Session, user: User, team: Team, now: datetime) -> Begun:
    nonce = secrets.token_urlsafe(24)
    live = {key: at for key, at in _begun(session).items() if now.timestamp() - at < LIFE.total_seconds()}
    newest = sorted(live, key=lambda key: live[key])[-(MOST - 1) :]
    session[SESSION_KEY] = {key: live[key] for key in newest} | {nonce: int(now.timestamp())}
    state = _signer().sign_object(
        {"nonce": nonce, "user": user.pk, "team": team.pk, "at": int(now.timestamp())}
    )
    digest = sha256(_verifier(nonce).encode()).digest()
    return Begun(state, urlsafe_b64encode(digest).decode().rstrip("="))


def end(session: Session, user: User, state: str, now: datetime) -> Ended:
    """What was begun, once. Raises StateRefused."""
    try:
        said = _signer().unsign_object(state)
        nonce, user_id, team_id, at = said["nonce"], said["user"], said["team"], said["at"]
    except (BadSignature, ValueError, KeyError, TypeError):
        raise StateRefused(Reason.UNREADABLE) from None
    if user_id != user.pk:
        raise StateRefused(Reason.FOREIGN)
    begun = _begun(session)
    known = begun.pop(nonce, None) is not None
    session[SESSION_KEY] = begun
    if now.timestamp() - at >= LIFE.total_seconds():
        raise StateRefused(Reason.EXPIRED, team_id)
    if not known:
        raise StateRefused(Reason.USED, team_id)
    return Ended(team_id, _verifier(nonce))


def _begun(session: Session) -> dict[str, int]:
    """When each sign-in of this browser began, in seconds since 1970, by its nonce."""
    found = session.get(SESSION_KEY)
    return dict(found) if isinstance(found, dict) else {}


def _verifier(nonce: str) -> Unprinted:
    """PKCE's secret (RFC 7636). Computed, so that it is stored nowhere."""
    return Unprinted(salted_hmac(SALT, nonce, algorithm="sha256").hexdigest())


def _signer() -> Signer:
    return Signer(salt=SALT)
