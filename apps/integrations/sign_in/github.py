"""What GitHub says of the person who signs in. Asked once, with a token that is forgotten at once.

Read in GitHub's documentation of "Authorizing OAuth apps" and of "List email addresses for the authenticated
user".
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from apps.integrations.services.connecting.accounts import owner
from apps.integrations.services.github_client import client_for_page
from apps.integrations.services.github_oauth import App, CodeRefused, exchange_code
from apps.integrations.services.unprinted import Unprinted
from apps.integrations.sign_in import sentences
from ingest.github.client import GitHubClient
from ingest.github.errors import GitHubError, NotFoundOrNoPermission, UnexpectedAnswer

PROVIDER = "github"
# GitHub's own domain for people who hide their address, on any host of it: mail to it arrives nowhere.
HIDDEN = "@users.noreply."


class Failed(ProviderException):  # type: ignore[misc]
    """A sentence for the person who waits."""


class FromGitHub(GitHubOAuth2Adapter):  # type: ignore[misc]
    """The two questions to GitHub. Every failure is a page."""

    @property
    def authorize_url(self) -> str:
        return f"{settings.GITHUB_WEB_URL}/login/oauth/authorize"

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return callback_url()

    @sensitive_variables()
    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        this_site = App(app.client_id, Unprinted(app.secret), callback_url())
        code, verifier = Unprinted(request.GET["code"]), Unprinted(pkce_code_verifier or "")
        try:
            return {"access_token": exchange_code(code, verifier, this_site).token}
        except (CodeRefused, GitHubError) as error:
            raise Failed(sentences.of(error)) from None

    @sensitive_variables()
    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **given: Any
    ) -> SocialLogin:
        try:
            with client_for_page(lambda: token.token) as client:
                account = owner(client)
                addresses = verified_addresses(client)
        except GitHubError as error:
            raise Failed(sentences.of(error)) from None
        finally:
            # What goes on from here, and might be kept in a session or a table, holds no token.
            token.token = ""
        said = {"id": account.id, "login": account.login, "addresses": addresses}
        return self.get_provider().sociallogin_from_response(request, said)


class GitHub(GitHubProvider):  # type: ignore[misc]
    """`said`: id, login, and the addresses that GitHub has verified, the primary one first."""

    oauth2_adapter_class = FromGitHub
    pkce_enabled_default = True

    def extract_extra_data(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"login": said["login"]}

    def extract_common_fields(self, said: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, said: dict[str, Any]) -> list[EmailAddress]:
        return [
            EmailAddress(email=email, verified=True, primary=place == 0)
            for place, email in enumerate(said["addresses"])
        ]


def this_app() -> SocialApp:
    """As the settings have it; no row. Ids of people count for one GitHub only: the host is part of them."""
    return SocialApp(
        provider=PROVIDER,
        provider_id=urlsplit(settings.GITHUB_WEB_URL).netloc,
        name="GitHub",
        client_id=settings.SIGN_IN_GITHUB_CLIENT_ID,
        secret=settings.SIGN_IN_GITHUB_CLIENT_SECRET,
    )


def callback_url() -> str:
    return str(settings.SITE_URL) + reverse("sign_in:callback")


def verified_addresses(client: GitHubClient) -> list[str]:
    """In small letters, the primary one first; none where the person did not grant to see them.

    Raises a GitHubError.
    """
    try:
        answer = client.get("user/emails", {"per_page": 100})
    except NotFoundOrNoPermission:
        return []
    rows = answer.json()
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnexpectedAnswer(f"GitHub answered {answer.url} with something other than addresses.")
    rows.sort(key=lambda row: row.get("primary") is not True)
    found = [str(row.get("email", "")).lower() for row in rows if row.get("verified") is True]
    return [email for email in found if email and HIDDEN not in email]
