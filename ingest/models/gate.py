from django.db import models


class Gate(models.Model):
    """SQLite's gate to the log: open while a row stands here, and it only ever stands inside one
    transaction.
    """

    reason = models.TextField()

    def __str__(self) -> str:
        return self.reason
