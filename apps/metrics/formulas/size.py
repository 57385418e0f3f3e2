from collections.abc import Sequence
from typing import Any

from .formula import Formula, Row


def compute(pull_request: Row, reviews: Sequence[Row]) -> dict[str, Any]:
    """Lines added and deleted. None where the detail was not collected: an item of a list has no counts."""
    additions, deletions = pull_request["additions"], pull_request["deletions"]
    return {"size": None if additions is None or deletions is None else additions + deletions}


FORMULA = Formula("size", 1, ("size",), compute)
