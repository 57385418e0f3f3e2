"""Why somebody is not signed in by GitHub, and what to do next."""

from __future__ import annotations

from apps.integrations.services.github_oauth import CodeRefused
from ingest.github.errors import GitHubError

STALE = (
    "This sign-in was finished before, took longer than ten minutes, or was begun in another browser. "
    "Begin it again."
)
SIGNED_IN_MEANWHILE = (
    "In this browser somebody has signed in meanwhile, so GitHub's answer was not used. To sign in with "
    "GitHub from now on, link your GitHub account in your account."
)
NO_ADDRESS = (
    "GitHub told no e-mail address of yours that it has verified, and an account here needs one. Verify an "
    "address at GitHub, and let this site see it when GitHub asks; or use a password here."
)
BY_INVITATION = (
    "There is no account here for {login}, and only who was invited to a team can sign up. Ask an admin of "
    "the team to invite {address}, and open the link in the invitation. If you have an account here with "
    "another address, sign in to it and link GitHub there."
)
OTHER_ADDRESS = (
    "You were invited as {invited}, which is no verified address of {login} at GitHub. Add and verify it "
    "there and try again, sign up with a password instead, or ask for an invitation to {address}."
)
TAKEN = (
    "There is an account here for {address}, to which {login} is not linked. Sign in to it with its "
    "password, and link GitHub in your account; from then on GitHub signs you in."
)

_AUTHORIZE = {
    "access_denied": "You pressed Cancel at GitHub, so nothing was done. Begin again whenever you like.",
    "application_suspended": (
        "GitHub has suspended the app of this site. Who runs this site has to ask GitHub's support; a "
        "password works meanwhile."
    ),
    "redirect_uri_mismatch": (
        "The app at GitHub has another callback address than this site. Who runs this site has to make them "
        "equal (docs/accounts.md); a password works meanwhile."
    ),
}
_EXCHANGE = {
    "bad_verification_code": "GitHub did not take the code that it sent you back with. Begin again.",
    "incorrect_client_credentials": (
        "GitHub does not know the app of this site by its id and secret. Who runs this site has to correct "
        "SIGN_IN_GITHUB_CLIENT_ID and SIGN_IN_GITHUB_CLIENT_SECRET; a password works meanwhile."
    ),
    "redirect_uri_mismatch": _AUTHORIZE["redirect_uri_mismatch"],
    "unverified_user_email": (
        "Your main e-mail address at GitHub is not verified, so GitHub does not vouch for you. Verify it "
        "there and begin again."
    ),
}


def of_authorize(error: str) -> str:
    """For the word with which GitHub sent somebody back."""
    return _AUTHORIZE.get(error, f"GitHub did not sign you in ({error}). Begin again, or use a password.")


def of(error: CodeRefused | GitHubError) -> str:
    if isinstance(error, CodeRefused):
        return _EXCHANGE.get(
            error.error, f"GitHub did not sign you in ({error.error}). Begin again, or use a password."
        )
    return f"{error} Nothing was done. Begin again in a few minutes, or use a password."
