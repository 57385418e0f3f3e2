"""Why there is no webhook, or why it could not be removed, as a sentence with the next step."""

from __future__ import annotations

from django.conf import settings

from apps.integrations.services.github_writing import Refused
from ingest.github.errors import (
    Blocked,
    CredentialRevoked,
    Disabled,
    Forbidden,
    GitHubError,
    NotFoundOrNoPermission,
    RateLimited,
    Unavailable,
    Unreachable,
)

NOT_SET = (
    "GITHUB_TOKEN, with which it was followed by a command, is not set for the workers. Set it, restart them,"
    " and try again."
)


def sentence(error: Exception, full_name: str, wanted: bool) -> str:
    """`wanted`: whether a hook was to be made, else one was to be removed."""
    if not wanted:
        return (
            f"The webhook could not be removed: {error} Try again, or delete it at"
            f" {settings.GITHUB_WEB_URL}/{full_name}/settings/hooks."
        )
    match error:
        case CredentialRevoked():
            return "GitHub no longer takes the team's token. Connect GitHub again, then try again."
        case NotFoundOrNoPermission():
            return (
                f"GitHub shows no webhooks of {full_name} to this token: it is not an administrator of the"
                " repository, or lacks the scope admin:repo_hook. Have an administrator of the repository"
                " connect, or ask for that right, then try again."
            )
        case Forbidden() if "archived" in error.message.lower():
            return f"{full_name} is archived, and GitHub takes no webhook there. Its history can be synced."
        case Forbidden():
            return (
                f"GitHub forbids it ({error.message or 'without a reason'}). Grant the token the right to"
                " manage webhooks, or sign it in to the organization's single sign-on, then try again."
            )
        case Refused() if "reach" in str(error).lower() or "localhost" in str(error).lower():
            return f"{error} Set SITE_URL to an address that GitHub can reach, restart, and try again."
        case RateLimited():
            return f"GitHub's limit is reached: it is tried again at {error.reset_at:%H:%M %Z} by itself."
        case Unavailable() | Unreachable():
            return f"{error} It is tried again in a few minutes by itself."
        case Disabled() | Blocked():
            return f"{error} Nothing can be done here: ask the repository's owner."
        case GitHubError():
            return f"{error} Try again; if it stays so, the repository's settings at GitHub may say more."
        case _:
            return f"The team's token can't be read: {error} Connect GitHub again, then try again."
