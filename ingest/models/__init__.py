"""The log and what is known about its processing."""

from .audit import AuditLine
from .chunk import Chunk
from .event import RawGitHubEvent
from .fetch import Fetch
from .gate import Gate
from .parked import ParkedEvent
from .run import Run
from .skipped import SkippedEvent
from .stream import Stream
from .visit import Visit

__all__ = [
    "AuditLine",
    "Chunk",
    "Fetch",
    "Gate",
    "ParkedEvent",
    "RawGitHubEvent",
    "Run",
    "SkippedEvent",
    "Stream",
    "Visit",
]
