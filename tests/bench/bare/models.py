from django.db import models


class Body(models.Model):
    body = models.BinaryField()

    class Meta:
        app_label = "bare"

    def __str__(self) -> str:
        return str(self.pk)
