"""Addresses as the settings name them."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def parse_http_url(url: str) -> SplitResult | None:
    """The parts of an http or https URL with a host, None for anything else."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for a port that is no number or out of range
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
