"""What is kept of a delivery's headers: its identity, and what its signature can be checked with again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.log.headers import NAMES

SIGNATURE = "X-Hub-Signature-256"


def kept(headers: Mapping[str, Any]) -> dict[str, str]:
    """Under the names as the log writes them, however they came."""
    came = {name.lower(): value for name, value in headers.items()}
    found = {name: came.get(name.lower()) for name in NAMES}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def kept_of_copy(headers: Mapping[str, Any]) -> dict[str, str]:
    """The same of a request that GitHub's API shows. The signature was made over bytes that nobody has any
    more: kept, it would look as if the body were forged.
    """
    return {name: value for name, value in kept(headers).items() if name != SIGNATURE}
