"""Numbers that look random and are a pure function of the seed and a name.

`hash()` differs from process to process, so every draw goes through BLAKE2.
"""

from __future__ import annotations

from hashlib import blake2b, sha1
from math import exp
from random import Random
from statistics import NormalDist

_NORMAL = NormalDist()


def fractions(*name: object) -> list[float]:
    """Eight numbers in (0, 1): cheaper than seeding a `Random`, for what every row of a list needs."""
    digest = blake2b(_join(name), digest_size=32).digest()
    return [(int.from_bytes(digest[i : i + 4], "big") + 0.5) / 2**32 for i in range(0, 32, 4)]


def dice(*name: object) -> Random:
    return Random(blake2b(_join(name), digest_size=16).digest())  # noqa: S311 - must be repeatable


def sha(*name: object) -> str:
    return sha1(_join(name), usedforsecurity=False).hexdigest()


def number(below: int, *name: object) -> int:
    return int.from_bytes(blake2b(_join(name), digest_size=8).digest(), "big") % below


def log_normal(fraction: float, median: float, spread: float) -> float:
    return median * exp(spread * _NORMAL.inv_cdf(fraction))


def _join(name: tuple[object, ...]) -> bytes:
    return "/".join(map(str, name)).encode()
