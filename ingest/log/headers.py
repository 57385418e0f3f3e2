"""A delivery's headers as the log keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# What is kept of GitHub's: the delivery's identity, and what its signature can be checked with again. Stored
# rows go by the places in this list: a name is only ever added, at its end.
NAMES = (
    "Content-Type",
    "User-Agent",
    "X-GitHub-Delivery",
    "X-GitHub-Event",
    "X-GitHub-Hook-ID",
    "X-GitHub-Hook-Installation-Target-ID",
    "X-GitHub-Hook-Installation-Target-Type",
    "X-Hub-Signature-256",
)
Stored = Mapping[str, str] | Sequence[str | None]


def packed(headers: Mapping[str, str]) -> Stored:
    """What the column holds: the values alone, in the order of NAMES, where all of the names are in it. They
    are the same eight in each delivery, and took as much room as what they say.
    """
    if not headers or any(value is None for value in headers.values()) or not headers.keys() <= set(NAMES):
        return headers
    values = [headers.get(name) for name in NAMES]
    while values[-1] is None:
        values.pop()
    return values


def unpacked(stored: Stored) -> Mapping[str, str]:
    if isinstance(stored, Mapping):
        return stored
    return {name: value for name, value in zip(NAMES, stored, strict=False) if value is not None}
