"""The lines of a bundle's file, packed or not, however long the file is."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO

import zstandard

from .broken import BadFile, MissingFile

STDIN = "-"
# GitHub's largest delivery is 25 MB; in base64 and with its headers it is still shorter.
LONGEST = 64 * 2**20
PIECE = 64 * 2**10
# What 1 KiB of zstd can blow up to is 32 MB: a small file can't take all memory.
PACKED_PIECE = 2**10

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Packing:
    def __init__(self, ending: str, magic: bytes, new: Callable[[], Any]) -> None:
        self.ending = ending
        self.magic = magic
        self.new = new


PACKINGS = (
    _Packing(".gz", b"\x1f\x8b", lambda: zlib.decompressobj(wbits=31)),
    _Packing(".zst", b"\x28\xb5\x2f\xfd", lambda: zstandard.ZstdDecompressor().decompressobj()),
)


class Bundle:
    """An opened file, or standard input. What packs it is told by its first bytes, not by its name."""

    def __init__(self, name: str, file: Any, size: int | None) -> None:
        self.name = "standard input" if name == STDIN else name
        # In bytes as they lie on the disk; None where that is not known.
        self.size = size
        self.done = 0
        self._file = file
        start = file.peek(8)
        self._packing = next((p for p in PACKINGS if start.startswith(p.magic)), None)
        for packing in PACKINGS:
            if name.endswith(packing.ending) and self._packing is not packing:
                raise BadFile(f"{name} ends in {packing.ending} and is packed otherwise, or not at all")

    def lines(self) -> Iterator[tuple[int, bytes | None]]:
        """Each line that isn't blank, with its number from 1, without its newline; None for one over 64 MiB.

        Raises `BadFile` where the file ends inside its packed data, is damaged or can't be read any further;
        all whole lines before that place are given first.
        """
        number = 0
        try:
            for number, line in enumerate(_split(self._pieces()), start=1):
                if number == 1 and line is not None:
                    line = line.removeprefix(_BYTE_ORDER_MARK)
                if line is None or (line and not line.isspace()):
                    yield number, line
        except EOFError:
            raise BadFile(f"{self.name}:{number + 1}: the file ends here, inside its packed data") from None
        except (zlib.error, zstandard.ZstdError) as error:
            raise BadFile(f"{self.name}:{number + 1}: the packed data is damaged: {error}") from None
        except OSError as error:
            raise BadFile(f"{self.name}:{number + 1}: {error.strerror or error}") from None

    def _pieces(self) -> Iterator[bytes]:
        pieces = self._read(PACKED_PIECE if self._packing else PIECE)
        return _unpacked(pieces, self._packing.new) if self._packing else pieces

    def _read(self, size: int) -> Iterator[bytes]:
        while piece := self._file.read(size):
            self.done += len(piece)
            yield piece


def open_all(names: list[str], opened: ExitStack) -> list[Bundle]:
    """Open every file before the first is read, so that a wrong name is told before anything is stored.

    Raises `MissingFile`; `BadFile` for what can't be opened or isn't packed as its name says.
    """
    return [_open(name, opened) for name in names]


def _open(name: str, opened: ExitStack) -> Bundle:
    if name == STDIN:
        return Bundle(name, sys.stdin.buffer, None)
    try:
        file: BinaryIO = opened.enter_context(open(name, "rb"))  # noqa: SIM115
        # A pipe tells no size.
        size = file.seek(0, io.SEEK_END) if file.seekable() else None
        if size is not None:
            file.seek(0)
        return Bundle(name, file, size)
    except FileNotFoundError:
        raise MissingFile(f"there is no file {name}") from None
    except OSError as error:
        raise BadFile(f"{name}: {error.strerror}") from None


def _unpacked(pieces: Iterator[bytes], new: Callable[[], Any]) -> Iterator[bytes]:
    """One packed part after another, as `cat a.gz b.gz` makes. Raises EOFError where the end is cut off."""
    unpacker = new()
    for piece in pieces:
        while piece:
            if unpacker.eof:
                unpacker = new()
            yield unpacker.decompress(piece)
            piece = unpacker.unused_data
    if not unpacker.eof:
        raise EOFError


def _split(pieces: Iterator[bytes]) -> Iterator[bytes | None]:
    parts: list[bytes] = []
    size = 0
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for end in ended:
            yield b"".join((*parts, end)) if size + len(end) <= LONGEST else None
            parts, size = [], 0
        size += len(rest)
        if size <= LONGEST:
            parts.append(rest)
        else:
            parts.clear()  # of a line that is too long only its length is kept
    if size:
        yield b"".join(parts) if size <= LONGEST else None
