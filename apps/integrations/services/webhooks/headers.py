"""What is kept of a delivery's headers: its identity, and what its signature can be checked with again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIGNATURE = "X-Hub-Signature-256"
KEPT = (
    "Content-Type",
    "User-Agent",
    "X-GitHub-Delivery",
    "X-GitHub-Event",
    "X-GitHub-Hook-ID",
    "X-GitHub-Hook-Installation-Target-ID",
    "X-GitHub-Hook-Installation-Target-Type",
    SIGNATURE,
)


def kept(headers: Mapping[str, Any]) -> dict[str, str]:
    """Under the names as written here, however they came."""
    came = {name.lower(): value for name, value in headers.items()}
    found = {name: came.get(name.lower()) for name in KEPT}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def kept_of_copy(headers: Mapping[str, Any]) -> dict[str, str]:
    """The same of a request that GitHub's API shows. The signature was made over bytes that nobody has any
    more: kept, it would look as if the body were forged.
    """
    return {name: value for name, value in kept(headers).items() if name != SIGNATURE}
