"""What went wrong while a team connects, and what to do next, in plain sentences."""

from __future__ import annotations

from django.conf import settings

from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_oauth import CodeRefused
from ingest.github.errors import (
    CredentialRevoked,
    Forbidden,
    GitHubError,
    NotFoundOrNoPermission,
    RateLimited,
)

NOT_CONFIGURED = (
    "This site is not registered as an app at GitHub yet: GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET are "
    "not set. "
    "Enter a personal access token instead, or ask who runs this site to set them."
)

_AUTHORIZE = {
    "access_denied": "You pressed Cancel at GitHub, so nothing was changed. Connect again whenever you like.",
    "application_suspended": (
        "GitHub has suspended the app of this site, so nothing was changed. Who runs this site has to ask "
        "GitHub's "
        "support; a personal access token works meanwhile."
    ),
    "redirect_uri_mismatch": (
        "The app at GitHub has another callback address than this site, so nothing was changed. Who runs "
        "this site "
        "has to make them equal (docs/deploy.md)."
    ),
}
_EXCHANGE = {
    "bad_verification_code": (
        "GitHub did not take the code that it sent you back with: it was used before, or is older than ten "
        "minutes. "
        "Nothing was changed. Connect again."
    ),
    "incorrect_client_credentials": (
        "GitHub does not know the app of this site by its id and secret, so nothing was changed. Who runs "
        "this site "
        "has to correct GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET."
    ),
    "redirect_uri_mismatch": _AUTHORIZE["redirect_uri_mismatch"],
    "unverified_user_email": (
        "Your main e-mail address at GitHub is not verified, so GitHub gave no token. Verify it there and "
        "connect "
        "again."
    ),
}


def of_authorize(error: str) -> str:
    """For an `error` with which GitHub sent somebody back."""
    return _AUTHORIZE.get(error, f"GitHub did not connect you ({error}); nothing was changed. Connect again.")


def of(error: CodeRefused | GitHubError | Undecryptable) -> str:
    """For a person who waits for what they asked."""
    if isinstance(error, CodeRefused):
        return _EXCHANGE.get(
            error.error, f"GitHub gave no token ({error.error}); nothing was changed. Connect again."
        )
    if isinstance(error, Undecryptable):
        return (
            "The stored token cannot be read any more, because the key that it was encrypted with is gone. "
            "Connect again; history is kept. Where deliveries are refused since, change the webhooks' secret "
            "then."
        )
    if isinstance(error, CredentialRevoked):
        return (
            "GitHub does not take the token (any more): it was revoked, has expired or is mistyped. "
            "Connect again."
        )
    if isinstance(error, RateLimited):
        return f"GitHub's limit for this token is used up. Try again after {error.reset_at:%H:%M} UTC."
    if isinstance(error, Forbidden):
        return (
            f"GitHub forbids it ({error.message or 'without a reason'}). Give the token the permission "
            "that is named "
            f"there, or authorize it for single sign-on at {settings.GITHUB_WEB_URL}/settings, and try again."
        )
    if isinstance(error, NotFoundOrNoPermission):
        return (
            "GitHub finds nothing there, or shows it to nobody with this token. Check the name and try again."
        )
    return f"{error} Nothing was changed. Try again in a few minutes."
