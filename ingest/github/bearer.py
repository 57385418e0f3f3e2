"""The token on its way into one request, and nowhere else."""

import re
from collections.abc import Callable

from django.utils.crypto import salted_hmac
from requests import PreparedRequest
from requests.auth import AuthBase

from ingest.github.errors import CredentialRevoked

_TOKEN = re.compile(r"[\x21-\x7e]+")


def fingerprint(token: str) -> str:
    """Tells one token from another, and is of no use to who reads it."""
    return salted_hmac("ingest.github.token", token, algorithm="sha256").hexdigest()


class _Unprinted(str):
    """Text that a traceback with local variables, which prints every `repr`, does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


class Bearer(AuthBase):
    """The `Authorization` header of one request to the API's own host.

    Given to `requests` as `auth`: otherwise it would put the login of a .netrc file in the header's place.
    Raises CredentialRevoked where `token()` is no token.
    """

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = _Unprinted(token())
        # http.client would refuse such a header with an error that quotes the whole of it.
        if not _TOKEN.fullmatch(self._token):
            raise CredentialRevoked(
                "The stored GitHub token is empty or has characters that no token has; store it again."
            )

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = _Unprinted("Bearer " + self._token)
        return request

    def mask(self, text: str) -> str:
        return text.replace(self._token, "***")


class NoBearer(AuthBase):
    """Sends no token: the address is not the API's own."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request

    def mask(self, text: str) -> str:
        return text
