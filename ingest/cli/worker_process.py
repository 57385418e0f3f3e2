"""What a process of `--workers N` runs. A new interpreter imports this before Django is ready."""

from __future__ import annotations

import signal


def work(run_id: int) -> None:
    import django

    # Ctrl-C reaches the whole group: the process that was asked pauses the run, and this one then ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    django.setup()
    from ingest.models import Run
    from ingest.replay.performing import work_off

    run = Run.objects.select_related("team").filter(pk=run_id).first()
    if run is not None:
        work_off(run)
