"""A stand-in for GitHub: for tests, for the demo, for load. See docs/standin.md."""

from .server import Standin, running
from .world import World

__all__ = ["Standin", "World", "running"]
