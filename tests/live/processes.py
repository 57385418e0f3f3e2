"""The product's processes as production starts them, for tests that post, kill and wait."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

BASE_DIR = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 20

CELERY = ["-m", "celery", "-A", "tformance"]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def wait_until(reached: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:g} seconds")
        time.sleep(0.1)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@dataclass
class Process:
    """A command that can be killed and started again; its output goes to the end of `log`."""

    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    options: Mapping[str, object] = field(default_factory=dict)
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        output: IO[bytes]
        with self.log.open("ab") as output:
            # A group of its own: what it starts can be killed with it.
            self.running = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                **({"cwd": BASE_DIR} | dict(self.options)),  # type: ignore[call-overload]
            )

    def kill(self) -> None:
        """SIGKILL for it and for all that it started, as a machine that loses its power does."""
        if self.running is not None:
            _kill_group(self.running.pid)
            self.running.wait()

    def stop(self) -> None:
        if self.running is None:
            return
        self.running.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.running.wait(STOP_SECONDS)
        self.kill()

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def web(environment: Mapping[str, str], folder: Path, port: int) -> Process:
    address = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4"]
    command = [sys.executable, "-m", "gunicorn", "tformance.wsgi", *address, "--no-control-socket"]
    return Process(command, environment, folder / "web.log")


def worker(environment: Mapping[str, str], folder: Path) -> Process:
    command = [sys.executable, *CELERY, "worker", "-l", "warning", "--concurrency", "2"]
    return Process(command, environment, folder / "worker.log")


def beat(environment: Mapping[str, str], folder: Path) -> Process:
    command = [sys.executable, *CELERY, "beat", "-l", "warning", "--schedule", str(folder / "schedule")]
    return Process(command, environment, folder / "beat.log")


def environment(**changes: str) -> dict[str, str]:
    """Of this process, with what the processes of one test share."""
    return os.environ | {"PYTHONWARNINGS": "default", "DEBUG": "off", "DEMO": "off"} | changes
