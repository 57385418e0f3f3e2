"""What a formula is: a version, the columns it fills, and a pure function of rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

Row = Mapping[str, Any]


class Formula(NamedTuple):
    """`compute(pull_request, reviews)` reads the facts of one pull request and of its submitted reviews, by
    column name, and returns its own columns. None in, none out. `version` only grows, with every change
    of a result."""

    name: str
    version: int
    columns: tuple[str, ...]
    compute: Callable[[Row, Sequence[Row]], dict[str, Any]]
