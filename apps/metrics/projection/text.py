"""Text for a column: PostgreSQL refuses NUL and both refuse lone surrogates, and GitHub sends both."""

import re
from typing import Any

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """The value with U+FFFD in place of what no database takes, on both alike; the log keeps the bytes."""
    if isinstance(value, str):
        # Nearly all text is clean, and encoding says so faster than a search does.
        if "\x00" not in value:
            try:
                value.encode()
            except UnicodeEncodeError:
                pass
            else:
                return value
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value
