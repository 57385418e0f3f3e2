"""What a processor raises for a payload that it can't read."""

import re

import msgspec


class Unreadable(ValueError):
    """A payload that can't be read at `path` (`$.pull_request.state`, empty for the whole): the event is
    parked.
    """

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{reason} - at `{path}`" if path else reason)

    @classmethod
    def from_msgspec(cls, error: msgspec.MsgspecError) -> "Unreadable":
        reason, path = re.fullmatch(r"(?s)(.*?)(?: - at `(.*)`)?", str(error)).groups()  # type: ignore[union-attr]
        return cls(path or "", reason)
