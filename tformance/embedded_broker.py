"""The filesystem broker, without what ends a worker: kombu's own reads files that others are writing.

A worker that meets a half-written file ends with "Unrecoverable error: JSONDecodeError", and a file that a
killed process left empty ends each worker that is started after it.
"""

import os
import time
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        """The file gets its name when it is whole; names sort in the order of their sending."""
        folder = Path(self.data_folder_out)
        name = f"{self._name()}.{queue}.msg"
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_bytes(str_to_bytes(dumps(message)))
        unfinished.rename(folder / name)

    def _name(self) -> str:
        return f"{time.monotonic() * 1000:.0f}_{os.getpid()}_{uuid4()}"

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        try:
            return super()._get(queue)
        except ValueError:
            raise Empty from None

    def get_table(self, exchange: str) -> Any:
        try:
            return super().get_table(exchange)
        except ValueError:
            return []

    def _queue_bind(self, exchange: str, *binding: str) -> None:
        try:
            super()._queue_bind(exchange, *binding)
        except ValueError:
            self._exchange_file(exchange).unlink(missing_ok=True)
            super()._queue_bind(exchange, *binding)


class Transport(filesystem.Transport):
    Channel = Channel


def install() -> None:
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
