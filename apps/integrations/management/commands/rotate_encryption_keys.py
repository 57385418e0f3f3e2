"""Put every stored secret under the first key, so that the older keys can go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import models, transaction

from apps.integrations.fields import Ciphertext
from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.encryption import Undecryptable, rotate

SECRETS: list[tuple[type[models.Model], list[str]]] = [
    (IntegrationCredential, ["access_token", "refresh_token"]),
    (GitHubIntegration, ["webhook_secret", "previous_webhook_secret"]),
]


class Command(BaseCommand):
    help = (
        "Encrypts all stored secrets with the first key of FIELD_ENCRYPTION_KEYS. "
        "Put the new key before the old ones, run this, then remove the old ones."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rotated, unreadable = 0, 0
        for model, columns in SECRETS:
            for pk in model._default_manager.order_by("pk").values_list("pk", flat=True):
                for column in columns:
                    try:
                        rotated += rotate_column(model, pk, column)
                    except Undecryptable as error:
                        unreadable += 1
                        self.stderr.write(f"{model._meta.label} {pk}, {column}: {error}")
        self.stdout.write(f"{rotated} secrets are now encrypted with the first key.")
        if unreadable:
            raise CommandError(f"{unreadable} secrets could not be decrypted and were left as they are.")


def rotate_column(model: type[models.Model], pk: int, column: str) -> int:
    """Encrypt one secret anew; 0 where there is none."""
    # Locked: a token that is stored between our reading and writing would be lost.
    with transaction.atomic():
        stored = model._default_manager.select_for_update().filter(pk=pk).values_list(column, flat=True)
        old = next(iter(stored), "")
        if not old:
            return 0
        return model._default_manager.filter(pk=pk).update(**{column: Ciphertext(rotate(old))})
