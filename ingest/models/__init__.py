"""The log and what is known about its processing."""

from .audit import AuditLine
from .event import RawGitHubEvent
from .fetch import Fetch
from .gate import Gate
from .parked import ParkedEvent
from .run import Run
from .stream import Stream
from .visit import Visit

__all__ = ["AuditLine", "Fetch", "Gate", "ParkedEvent", "RawGitHubEvent", "Run", "Stream", "Visit"]
