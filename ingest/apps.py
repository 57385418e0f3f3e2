from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IngestConfig(AppConfig):
    name = "ingest"

    def ready(self) -> None:
        from . import checks  # noqa: F401

        post_migrate.connect(install_triggers, sender=self)


def install_triggers(**kwargs: Any) -> None:
    """After every `migrate`, also of other apps' migrations: theirs may have rebuilt the log's tables."""
    from .log import triggers

    triggers.install()
