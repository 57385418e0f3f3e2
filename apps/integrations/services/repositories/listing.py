"""The repositories that a connection can see, as GitHub lists them, kept so that no page waits for GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.db import transaction
from django.utils import timezone

from apps.integrations.models import AvailableRepository, GitHubIntegration
from apps.metrics.projection.text import storable
from ingest.backfill.items import cut
from ingest.github.client import GitHubClient
from ingest.github.errors import GitHubError, NotFoundOrNoPermission

AT_ONCE = 500
# `pushed_at` changes while pages are read, and with the default order rows would change places.
ORDER = {"sort": "full_name", "direction": "asc"}
FIELDS = (
    "full_name",
    "description",
    "language",
    "is_private",
    "is_archived",
    "is_fork",
    "can_admin",
    "pushed_at",
)


class _Permissions(msgspec.Struct, gc=False):
    admin: bool = False


class _Owner(msgspec.Struct, gc=False):
    id: int
    login: str


class Item(msgspec.Struct, gc=False):
    """What is kept of a repository in a list (`minimal-repository` of GitHub's OpenAPI description)."""

    id: int
    full_name: str
    owner: _Owner | None = None
    description: str | None = None
    language: str | None = None
    private: bool = False
    archived: bool = False
    fork: bool = False
    permissions: _Permissions | None = None
    pushed_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


_item = msgspec.json.Decoder(Item)


def refresh_available(integration: GitHubIntegration, client: GitHubClient) -> int:
    """Make the integration's rows what GitHub lists now; returns how many there are.

    Nothing changes before the last page was read. Followed repositories stay, whether listed or not.
    Raises a GitHubError, which is noted as the integration's `repositories_problem`.
    """
    try:
        found = {item.id: item for item in _listed(integration, client)}
    except GitHubError as error:
        _note(integration, repositories_problem=str(error))
        raise
    with transaction.atomic():
        _store(integration, [found[key] for key in sorted(found)])
        integration.available_repositories.exclude(github_repo_id__in=found).delete()
        _note(integration, repositories_listed_at=timezone.now(), repositories_problem="")
    return len(found)


def repositories_of(client: GitHubClient, account: str) -> list[Item]:
    """Of an organisation or a person: those that the token may see. Raises a GitHubError."""
    try:
        return list(_items(client, f"orgs/{account}/repos", {"type": "all", **ORDER}))
    except NotFoundOrNoPermission:
        viewer: Any = client.get("user").json()
        own = isinstance(viewer, dict) and str(viewer.get("login", "")).lower() == account.lower()
        # Only the first shows private ones.
        path, more = ("user/repos", {"affiliation": "owner"}) if own else (f"users/{account}/repos", {})
        return list(_items(client, path, {**more, **ORDER}))


def _note(integration: GitHubIntegration, **fields: Any) -> None:
    GitHubIntegration.objects.filter(pk=integration.pk).update(**fields)
    for name, value in fields.items():
        setattr(integration, name, value)


def _listed(integration: GitHubIntegration, client: GitHubClient) -> Iterator[Item]:
    path, params = _place(integration)
    try:
        yield from _items(client, path, params)
    except NotFoundOrNoPermission:
        if integration.is_personal or integration.organization_id is None:
            raise
        # It was renamed. GitHub's own page links use this address.
        yield from _items(client, f"organizations/{integration.organization_id}/repos", params)


def _place(integration: GitHubIntegration) -> tuple[str, dict[str, str]]:
    account, credential = integration.organization_slug, integration.credential
    if not account:
        return "user/repos", ORDER
    if not integration.is_personal:
        return f"orgs/{account}/repos", {"type": "all", **ORDER}
    own = account.lower() == credential.github_login.lower() or (
        credential.github_user_id is not None and credential.github_user_id == integration.organization_id
    )
    # Only the first shows private ones.
    return ("user/repos", {"affiliation": "owner", **ORDER}) if own else (f"users/{account}/repos", ORDER)


def _items(client: GitHubClient, path: str, params: dict[str, str]) -> Iterator[Item]:
    for page in client.pages(path, params):
        for body in cut(page):
            try:
                item = _item.decode(body)
            except (msgspec.MsgspecError, UnicodeError, RecursionError):
                # One odd row must not cost the whole list.
                continue
            if 0 < item.id < 2**63 and len(item.full_name) <= 255:
                yield item


def _store(integration: GitHubIntegration, items: list[Item]) -> None:
    now = timezone.now()
    rows = [
        AvailableRepository(
            team_id=integration.team_id,
            integration=integration,
            github_repo_id=item.id,
            full_name=storable(item.full_name),
            description=storable(item.description or ""),
            language=storable(item.language or "")[:100],
            is_private=item.private,
            is_archived=item.archived,
            is_fork=item.fork,
            can_admin=item.permissions is not None and item.permissions.admin,
            pushed_at=item.pushed_at,
            updated_at=now,
        )
        for item in items
    ]
    AvailableRepository.objects.bulk_create(
        rows,
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["integration", "github_repo_id"],
        update_fields=[*FIELDS, "updated_at"],
    )
