"""Addresses: which ones are the API's own, and how one is written where people read it."""

import ipaddress
import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

GITHUB_API_URL = "https://api.github.com"

Origin = tuple[str, str, int | None]

_SECRET_PARAMETER = re.compile(r"token|secret|signature|password|credential|^sig$|^jwt$", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> Origin:
    """Scheme, host and port of an absolute address: the three that decide whether it may see the token.

    Raises ValueError where there is no host or the port is no number.
    """
    parts = urlsplit(url)
    if parts.hostname is None:
        raise ValueError("the address has no host")
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def api_url_problem(url: str) -> str | None:
    """Why `url` cannot be the address of GitHub's API, as one sentence without the address; None if it can.

    An address is https, or plain http for this machine alone: the token goes there in every request.
    """
    try:
        parts = urlsplit(url)
        origin(url)
    except ValueError:
        return "It is no address: it needs the form https://HOST or https://HOST/api/v3."
    if parts.scheme not in _DEFAULT_PORTS:
        return "It must begin with https://."
    if parts.scheme == "http" and not is_loopback(url):
        return "Plain http is for loopback addresses only, because the token would be readable on its way."
    if parts.username is not None or parts.password is not None:
        return "It must not hold a user name or a password."
    if parts.query or parts.fragment:
        return "It must end with its path, without ? or #."
    return None


def public_url(url: str) -> str:
    """`url` as it may be logged and stored: without user and fragment, secret parameters as `***`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable address"
    return parts._replace(
        netloc=parts.netloc.rpartition("@")[2], query=_masked_query(parts), fragment=""
    ).geturl()


def _masked_query(parts: SplitResult) -> str:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if not any(_SECRET_PARAMETER.search(name) for name, _ in pairs):
        return parts.query
    return urlencode(
        [(name, "***" if _SECRET_PARAMETER.search(name) else value) for name, value in pairs], safe="*"
    )
