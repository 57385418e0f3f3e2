"""Text from a payload, made safe to show."""

from __future__ import annotations

import re

# C0, DEL and C1 drive a terminal (0x9B alone begins an escape sequence); the marks of direction let text read
# as what it isn't; lone surrogates can't be written to any stream.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
UNSAFE_IN_LINE = re.compile(f"{UNSAFE.pattern[:-1]}\t\n]")


def visible(text: str) -> str:
    """Text of several lines; what could drive a terminal is written out, as `\\x1b` or `\\u202e`."""
    return UNSAFE.sub(_escaped, text)


def visible_line(text: str) -> str:
    """The same for a text of one line: its line ends and tabs are written out too."""
    return UNSAFE_IN_LINE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def shortened(text: str, length: int) -> str:
    """At most `length` characters, the last an ellipsis where something is left out."""
    return text if len(text) <= length else text[: length - 1] + "…"
