from collections.abc import Sequence
from typing import Any

from .formula import Formula, Row
from .hours import hours_between


def compute(pull_request: Row, reviews: Sequence[Row]) -> dict[str, Any]:
    """Opened to merged."""
    return {"cycle_time_hours": hours_between(pull_request["pr_created_at"], pull_request["merged_at"])}


FORMULA = Formula("cycle_time", 1, ("cycle_time_hours",), compute)
