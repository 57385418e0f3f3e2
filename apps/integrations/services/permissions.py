"""What a token must be allowed, why, and what of it a token is seen to have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.integrations.models import GitHubIntegration, IntegrationCredential
from ingest.github.client import GitHubClient
from ingest.github.errors import CredentialRevoked, Forbidden, GitHubError, NotFoundOrNoPermission


@dataclass(frozen=True)
class Permission:
    """`enough`: the scopes that hold this one. `fine_grained`: what a token without scopes needs for it."""

    scope: str
    why: str
    without: str
    enough: frozenset[str]
    fine_grained: str


# Which scopes hold which others: GitHub's documentation of "Scopes for OAuth apps", and
# `X-Accepted-OAuth-Scopes` of its answers for hooks (repo, admin:repo_hook, ...) and members (read:org, ...).
PERMISSIONS = (
    Permission(
        "repo",
        "Reads pull requests, reviews and commits of private repositories. GitHub has no scope that only "
        "reads"
        " them; nothing is ever written to your code.",
        "Private repositories cannot be seen; nothing can be collected from them.",
        frozenset({"repo"}),
        "Repository permissions: Contents, Metadata and Pull requests, read-only",
    ),
    Permission(
        "read:org",
        "Reads which organisations you are in and who their members are.",
        "Organisations cannot be offered, and only members who show it publicly get a name here.",
        frozenset({"read:org", "write:org", "admin:org", "user"}),
        "Organization permissions: Members, read-only",
    ),
    Permission(
        "admin:repo_hook",
        "Makes and removes the webhook of each repository that you follow, and reads its list of deliveries.",
        "Nothing arrives live. History is fetched all the same, and again only when someone asks for it.",
        frozenset({"admin:repo_hook", "repo"}),
        "Repository permissions: Webhooks, read and write",
    ),
)
SCOPES = tuple(permission.scope for permission in PERMISSIONS)


@dataclass(frozen=True)
class Standing:
    """One row of the table. `granted`: None where GitHub does not tell."""

    permission: Permission
    granted: bool | None
    through: str = ""


def standings(credential: IntegrationCredential | None) -> list[Standing]:
    """The table's rows; all unknown where there is no credential, or none that was looked at."""
    if credential is None or credential.status == IntegrationCredential.Status.DISCONNECTED:
        return [Standing(permission, None) for permission in PERMISSIONS]
    seen = credential.permissions or (granted_by(credential.scopes) if credential.scopes else {})
    return [
        Standing(permission, seen.get(permission.scope), _through(permission, credential.scopes))
        for permission in PERMISSIONS
    ]


def missing(credential: IntegrationCredential) -> list[Permission]:
    """Those that a token is known to lack."""
    return [row.permission for row in standings(credential) if row.granted is False]


def granted_by(scopes: Iterable[str]) -> dict[str, bool]:
    """For a token whose scopes GitHub tells: permission by scope."""
    have = set(scopes)
    return {permission.scope: bool(permission.enough & have) for permission in PERMISSIONS}


def probe(client: GitHubClient, organization: str) -> dict[str, bool]:
    """For a token whose permissions GitHub does not tell: tried on one repository, and on the organisation.

    What could not be tried is left out. Raises CredentialRevoked.
    """
    found: dict[str, bool | None] = {}
    repository = _some_repository(client)
    if repository:
        found["repo"] = _allowed(client, f"repos/{repository}/pulls")
        # That it may write is only seen when the first webhook is made.
        found["admin:repo_hook"] = _allowed(client, f"repos/{repository}/hooks")
    if organization:
        found["read:org"] = _allowed(client, f"orgs/{organization}/members")
    return {scope: granted for scope, granted in found.items() if granted is not None}


def health(integration: GitHubIntegration | None) -> str:
    """none, disconnected, revoked, insufficient or ok."""
    if integration is None:
        return "none"
    credential = integration.credential
    if credential.status != IntegrationCredential.Status.ACTIVE:
        return str(credential.status)
    return "insufficient" if missing(credential) else "ok"


def _through(permission: Permission, scopes: Iterable[str]) -> str:
    have = set(scopes)
    return "" if permission.scope in have else ", ".join(sorted(permission.enough & have))


def _some_repository(client: GitHubClient) -> str:
    try:
        rows = client.get("user/repos", {"per_page": 1}).json()
    except CredentialRevoked:
        raise
    except GitHubError:
        return ""
    name = rows[0].get("full_name") if isinstance(rows, list) and rows and isinstance(rows[0], dict) else ""
    return name if isinstance(name, str) else ""


def _allowed(client: GitHubClient, path: str) -> bool | None:
    try:
        answer = client.get(path, {"per_page": 1})
    except CredentialRevoked:
        raise
    except (Forbidden, NotFoundOrNoPermission):
        return False
    except GitHubError:
        return None
    # Who may not see the members is sent to the list of the public ones.
    return "/public_members" not in answer.url
