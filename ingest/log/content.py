"""The bytes of a body: packed for the table, and where its JSON is."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping

import zstandard

ZSTD = "zstd"
# Above GitHub's own limit of 25 MB for a delivery; bounds what a forged frame header can claim.
LARGEST = 256 * 2**20

_FIELD = re.compile(rb"(?:^|&)payload=([^&]*)")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})++")

# A zstd (de)compressor keeps a working memory and is not safe to share between threads.
_local = threading.local()


def pack(body: bytes) -> tuple[bytes, str]:
    """The packed bytes and their codec."""
    if not hasattr(_local, "packer"):
        _local.packer = zstandard.ZstdCompressor(level=3)
    return _local.packer.compress(body), ZSTD


def unpack(packed: bytes | memoryview, codec: str) -> bytes:
    """The exact bytes that were packed. Raises ValueError for a codec that this version doesn't know."""
    if codec != ZSTD:
        raise ValueError(f"unknown codec {codec!r} of a stored body")
    if not hasattr(_local, "unpacker"):
        _local.unpacker = zstandard.ZstdDecompressor()
    body: bytes = _local.unpacker.decompress(packed, max_output_size=LARGEST)
    return body


def json_bytes(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The JSON text: a hook of content type `form` sends it in the field `payload`.

    A form never begins like an object; recordings pair the field's content with the headers of the form.
    """
    if body[:1] == b"{":
        return body
    kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "") if headers else ""
    if not kind.startswith("application/x-www-form-urlencoded"):
        return body
    # Not by `parse_qs`, which takes 180 times the size of a body of nothing but `%`: at the common address a
    # body is looked into before anybody can check its signature.
    found = _FIELD.search(body)
    # latin-1 keeps every byte: the field is percent-encoded UTF-8.
    text = found[1].replace(b"+", b" ").decode("latin-1") if found else ""
    return _ESCAPED.sub(_bytes_of, text).encode("latin-1")


def _bytes_of(escaped: re.Match[str]) -> str:
    return bytes.fromhex(escaped[0].replace("%", "")).decode("latin-1")
