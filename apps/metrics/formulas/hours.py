"""Durations as the metrics show them."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def hours_between(start: datetime | None, end: datetime | None) -> Decimal | None:
    """Hours with 2 decimals, halves rounded up; none in, none out. Negative where the end is before the
    start.
    """
    if start is None or end is None:
        return None
    return (Decimal(int((end - start).total_seconds())) / 3600).quantize(CENT, ROUND_HALF_UP)
