"""Web, worker and beat together for development: `python -m tformance.dev`.

They share the terminal's process group, so Ctrl-C reaches each of them. When one ends, so do the others.
"""

import os
import signal
import subprocess
import sys
import time
from types import FrameType

COMMANDS = [
    ["manage.py", "runserver", os.environ.get("PORT") or "8000"],
    ["-m", "celery", "-A", "tformance", "worker", "-l", "info"],
    ["-m", "celery", "-A", "tformance", "beat", "-l", "info"],
]
STOP_SECONDS = 10


def stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def wait_for_the_first(processes: list[subprocess.Popen[bytes]]) -> int:
    while True:
        for process in processes:
            status = process.poll()
            if status is not None:
                return status
        time.sleep(0.2)


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> int:
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.extend(subprocess.Popen([sys.executable, *command]) for command in COMMANDS)
        return wait_for_the_first(processes)
    finally:
        # A second Ctrl-C would end this loop and leave the processes behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end(processes)


if __name__ == "__main__":
    sys.exit(main())
