"""What a processor raises for a payload that it can't read."""

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
        # The last one: the reason may quote a value of the payload, and an index holds the path.
        reason, at, path = str(error).rpartition(" - at `")
        return cls(path.removesuffix("`"), reason) if at else cls("", path)
