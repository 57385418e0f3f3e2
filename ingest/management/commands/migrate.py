"""Django's `migrate`: it mends a missing trigger of the log, and so must not refuse to run for one."""

from typing import Any

from django.core.management.commands import migrate

from ingest.checks import migrating


class Command(migrate.Command):
    def check(self, *args: Any, **kwargs: Any) -> None:
        with migrating():
            super().check(*args, **kwargs)
