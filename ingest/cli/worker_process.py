"""What a process of `--workers N` runs. A new interpreter imports this before Django is ready."""

from __future__ import annotations


def work(run_id: int) -> None:
    import django

    django.setup()
    from ingest.models import Run
    from ingest.replay.performing import work_off

    run = Run.objects.select_related("team").filter(pk=run_id).first()
    if run is not None:
        work_off(run)
