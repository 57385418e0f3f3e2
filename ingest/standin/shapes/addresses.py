"""Addresses, times and node ids as GitHub writes them.

Bodies always name github.com, whatever port the stand-in has: the bytes depend on the world alone.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime

API = "https://api.github.com"
WEB = "https://github.com"


def instant(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def node_id(prefix: str, *parts: int | str) -> str:
    """GitHub's own form since 2021: the prefix, then a MessagePack array of 0 and the ids."""
    packed = bytes([0x91 + len(parts), 0])
    for part in parts:
        if isinstance(part, int):
            packed += b"\xce" + part.to_bytes(4, "big") if part < 2**32 else b"\xcf" + part.to_bytes(8, "big")
        else:
            packed += b"\xd9" + bytes([len(part)]) + part.encode()
    return f"{prefix}_{urlsafe_b64encode(packed).decode().rstrip('=')}"
