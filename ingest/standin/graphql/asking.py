"""One query under way: what the resolvers know beside the object they resolve a field of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..answer import Request
from ..facts import User
from .cost import Cost

if TYPE_CHECKING:
    from ..server import Standin

Shape = dict[str, Any]


@dataclass
class Asking:
    standin: Standin
    request: Request
    now: datetime
    viewer: User
    cost: Cost
    request_id: str
    # What happens to the world once this answer is written, such as rows that shift.
    afterwards: list[Callable[[], object]] = field(default_factory=list)
