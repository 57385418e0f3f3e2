"""How a metric's values are summed up, wherever they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def summary(values: Sequence[float]) -> dict[str, Any]:
    """n, median and 75th percentile (linear between neighbours); None where there is nothing."""
    ordered = sorted(values)
    return {"n": len(ordered), "median": _quantile(ordered, 0.5), "p75": _quantile(ordered, 0.75)}


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low), 2)
