"""Worker processes that are up before there is work, as Celery's are."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any


@contextmanager
def workers(count: int) -> Iterator[Callable[[int], None]]:
    """Processes that are up, as Celery's are, and take the chunks of a run when they are told its id."""
    command = [sys.executable, "-m", "tests.bench.workers"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        started: list[Any] = [stack.enter_context(subprocess.Popen(command, **pipes)) for _ in range(count)]
        for process in started:
            process.stdout.readline()

        def work(run_id: int) -> None:
            for process in started:
                process.stdin.write(f"{run_id}\n")
                process.stdin.flush()
            for process in started:
                process.stdout.readline()

        yield work
        for process in started:
            process.stdin.close()


def main() -> None:
    """A line for each: that it is up; then, for each run's id on stdin, that no chunk of it is left."""
    import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")
    import django

    django.setup()
    from ingest.models import Run
    from ingest.replay.performing import work_off

    Run.objects.count()
    print("up", flush=True)  # noqa: T201
    for line in sys.stdin:
        work_off(Run.objects.select_related("team").get(pk=int(line)))
        print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
