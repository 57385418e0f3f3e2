"""Deliveries: whose they are, and whether GitHub signed them."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
from django.db import connection
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from apps.integrations.models import GitHubIntegration, TrackedRepository, WebhookEndpoint
from apps.integrations.services.encryption import Undecryptable, decrypt
from apps.teams.models import Team
from ingest.log import content

SIGNATURE = "sha256="

logger = logging.getLogger(__name__)


class _Id(msgspec.Struct, gc=False):
    id: int | None = None


class _Named(msgspec.Struct, gc=False):
    repository: _Id | None = None


OF_KEY = """
SELECT i.team_id, i.webhook_secret, i.previous_webhook_secret
FROM integrations_webhookendpoint e JOIN integrations_githubintegration i ON i.team_id = e.team_id
WHERE e.key = %s ORDER BY i.id
"""

_decoder = msgspec.json.Decoder(_Named)


def sign(secret: str, body: bytes) -> str:
    """`X-Hub-Signature-256` as GitHub makes it (documentation of "Validating webhook deliveries")."""
    return SIGNATURE + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def endpoint_of(team: Team) -> WebhookEndpoint:
    """The team's own address; made when it is first asked for."""
    found, _ = WebhookEndpoint.objects.get_or_create(team=team)
    return found


class Candidate(NamedTuple):
    """A team that a delivery may be for, with its readable secrets: two while one is being changed."""

    team_id: int
    secrets: list[str]


def candidates_of_key(key: str) -> list[Candidate]:
    """The owner of the address."""
    if "\x00" in key:  # PostgreSQL refuses to compare with it
        return []
    with connection.cursor() as cursor:
        # To put this together by the ORM takes longer than all the rest of a delivery's way but the insert.
        cursor.execute(OF_KEY, [key])
        return [Candidate(team_id, _decrypted(team_id, found)) for team_id, *found in cursor.fetchall()]


def candidates_of_delivery(hook_id: str, body: bytes, content_type: str) -> list[Candidate]:
    """Whose a delivery at the common address may be: of the hook's id, else of the repository's.

    Nothing is believed of it yet: the signature decides among these.
    """
    if hook_id.isdecimal() and len(hook_id) < 19:
        by_hook = TrackedRepository.objects.filter(webhook_id=int(hook_id))
        if by_hook.exists():
            return _candidates(by_hook)
    repository_id = _repository_id(body, content_type)
    return _candidates(TrackedRepository.objects.filter(github_repo_id=repository_id or 0))


def signed_for(candidates: Sequence[Candidate], body: bytes, signature: str) -> list[int]:
    """The teams one of whose secrets made the signature. Where several fit, each gets the event."""
    if not signature.startswith(SIGNATURE):
        return []
    given = signature.encode("latin-1", "replace")
    # All secrets are tried, and each in constant time: how long it takes says nothing of them.
    fits = [(one.team_id, [_fits(secret, body, given) for secret in one.secrets]) for one in candidates]
    return list(dict.fromkeys(team_id for team_id, found in fits if True in found))


def _candidates(tracked: QuerySet[TrackedRepository]) -> list[Candidate]:
    integrations = GitHubIntegration.objects.filter(team__in=tracked.values("team_id")).order_by("pk")
    found = integrations.values_list("team_id", "webhook_secret", "previous_webhook_secret")
    return [Candidate(team_id, _decrypted(team_id, secrets)) for team_id, *secrets in found]


@sensitive_variables("found", "secret")
def _decrypted(team_id: int, ciphertexts: Iterable[str]) -> list[str]:
    """What a lost key locks up fits no signature; what it does not is taken further."""
    found = []
    for text in ciphertexts:
        try:
            secret = decrypt(text)
        except Undecryptable:
            _tell_once(team_id, hashlib.sha256(text.encode()).digest())
        else:
            if secret:
                found.append(secret)
    return found


@lru_cache(maxsize=1000)
def _tell_once(team_id: int, which: bytes) -> None:
    """Of each secret, or a busy repository would fill the log."""
    logger.error(
        "no key of FIELD_ENCRYPTION_KEYS opens a webhook secret of team %d: deliveries that it signed are"
        " refused until the team has a new one (docs/deploy.md)",
        team_id,
    )


def _fits(secret: str, body: bytes, given: bytes) -> bool:
    return hmac.compare_digest(sign(secret, body).encode(), given)


def _repository_id(body: bytes, content_type: str) -> int | None:
    """By a decoder of that one field, which reads nothing else of what nobody has signed yet."""
    text = content.json_bytes(body, {"Content-Type": content_type})
    try:
        found = _decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    repository_id = found.repository.id if found.repository else None
    return repository_id if repository_id is not None and 0 < repository_id < 2**63 else None
