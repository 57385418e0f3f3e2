"""Deliveries: whose they are, and whether GitHub signed them."""

from __future__ import annotations

import hashlib
import hmac

import msgspec
from django.db.models import QuerySet

from apps.integrations.models import GitHubIntegration, TrackedRepository, WebhookEndpoint
from apps.teams.models import Team
from ingest.log import content

SIGNATURE = "sha256="


class _Id(msgspec.Struct, gc=False):
    id: int | None = None


class _Named(msgspec.Struct, gc=False):
    repository: _Id | None = None


_decoder = msgspec.json.Decoder(_Named)


def sign(secret: str, body: bytes) -> str:
    """`X-Hub-Signature-256` as GitHub makes it (documentation of "Validating webhook deliveries")."""
    return SIGNATURE + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def endpoint_of(team: Team) -> WebhookEndpoint:
    """The team's own address; made when it is first asked for."""
    found, _ = WebhookEndpoint.objects.get_or_create(team=team)
    return found


def teams_of_key(key: str) -> QuerySet[Team]:
    if "\x00" in key:  # PostgreSQL refuses to compare with it
        return Team.objects.none()
    return Team.objects.filter(pk__in=WebhookEndpoint.objects.filter(key=key).values("team_id"))


def teams_of_delivery(hook_id: str, body: bytes, content_type: str) -> QuerySet[Team]:
    """Whose a delivery at the common address may be: of the hook's id, else of the repository's.

    Nothing is believed of it yet: the signature decides among these.
    """
    if hook_id.isdecimal() and len(hook_id) < 19:
        by_hook = TrackedRepository.objects.filter(webhook_id=int(hook_id))
        if by_hook.exists():
            return Team.objects.filter(pk__in=by_hook.values("team_id"))
    repository_id = _repository_id(body, content_type)
    by_repository = TrackedRepository.objects.filter(github_repo_id=repository_id or 0)
    return Team.objects.filter(pk__in=by_repository.values("team_id"))


def signed_for(teams: QuerySet[Team], body: bytes, signature: str) -> list[Team]:
    """Those of the teams one of whose secrets made the signature. Where several fit, each gets the event."""
    if not signature.startswith(SIGNATURE):
        return []
    given = signature.encode("latin-1", "replace")
    # All secrets are tried, and each in constant time: how long it takes says nothing of them.
    integrations = GitHubIntegration.objects.filter(team__in=teams).select_related("team").order_by("pk")
    fits = [(i.team, [_fits(secret, body, given) for secret in secrets_of(i)]) for i in integrations]
    return list({team.pk: team for team, found in fits if True in found}.values())


def secrets_of(integration: GitHubIntegration) -> list[str]:
    """Two while one is being changed."""
    return [s for s in (integration.webhook_secret, integration.previous_webhook_secret) if s]


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
