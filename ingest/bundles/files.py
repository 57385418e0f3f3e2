"""Where an export goes: standard output, or a file that is there whole or not at all."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import zstandard

STDOUT = "-"
Write = Callable[[bytes], Any]


@contextmanager
def written_to(name: str) -> Iterator[Write]:
    """A function that writes bytes; packed by gzip or zstd where the name ends in `.gz` or `.zst`.

    The file is readable for its owner only, as it holds what GitHub shows to members. Raises OSError.
    """
    if name == STDOUT:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    path = Path(name).resolve()
    if path.exists() and not path.is_file():
        # A pipe or a device is written to; renaming something over it would take it away.
        with path.open("wb") as device, _packed(name, device) as write:
            yield write
        return
    with _replacing(path) as file, _packed(name, file) as write:
        yield write


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path` that takes its name at the end; after an error it is gone."""
    part = tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False)  # noqa: SIM115
    try:
        with part:
            yield part
        os.replace(part.name, path)
    except BaseException:
        os.unlink(part.name)
        raise


@contextmanager
def _packed(name: str, file: IO[bytes]) -> Iterator[Write]:
    if name.endswith(".gz"):
        # Without name and time: equal events give equal files.
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            yield packed.write
    elif name.endswith(".zst"):
        with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as packed:
            yield packed.write
    else:
        yield file.write
