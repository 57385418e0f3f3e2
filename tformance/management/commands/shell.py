"""Django's shell, with its list of imported names on stderr: stdout belongs to the code that is run."""

from typing import Any

from django.core.management.commands.shell import Command as DjangoShell


class Command(DjangoShell):
    def handle(self, **options: Any) -> None:
        self.stdout = self.stderr
        super().handle(**options)
