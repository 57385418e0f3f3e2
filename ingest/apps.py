from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from apps.sql import plan_simply


class IngestConfig(AppConfig):
    name = "ingest"

    def ready(self) -> None:
        from . import checks  # noqa: F401

        connection_created.connect(plan_simply)
        post_migrate.connect(install_triggers, sender=self)


def install_triggers(**kwargs: Any) -> None:
    """After every `migrate`, also of other apps' migrations: theirs may have rebuilt the log's tables."""
    from .log import triggers

    triggers.install()
