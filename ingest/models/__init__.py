"""The log and what is known about its processing."""

from .audit import AuditLine
from .budget import Budget
from .chunk import Chunk
from .event import RawGitHubEvent
from .fetch import Fetch
from .gate import Gate
from .parked import ParkedEvent
from .run import Run
from .skipped import SkippedEvent
from .stream import Stream
from .validator import Validator
from .visit import Visit

__all__ = [
    "AuditLine",
    "Budget",
    "Chunk",
    "Fetch",
    "Gate",
    "ParkedEvent",
    "RawGitHubEvent",
    "Run",
    "SkippedEvent",
    "Stream",
    "Validator",
    "Visit",
]
