"""A text column that holds ciphertext."""

from typing import Any

from django.db import models
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute

from apps.integrations.services.encryption import decrypt, encrypt


class Ciphertext(str):
    """What the table holds, as it was read."""

    __slots__ = ()


class _DecryptedOnAccess(DeferredAttribute):
    # Decrypting already when a row is read would make every page that lists the rows fail for one lost key,
    # also the page on which the secret could be stored again.
    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        value = super().__get__(instance, cls)
        return decrypt(value) if isinstance(value, Ciphertext) else value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Plain text as an attribute of an instance, ciphertext in the table and in `.values()`.

    Reading the attribute raises `Undecryptable` where no key opens it. Each encryption differs, so that the
    column cannot be searched: only `isnull` is a lookup, others raise FieldError.
    """

    descriptor_class = _DecryptedOnAccess

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Ciphertext | None:
        return None if value is None else Ciphertext(value)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Ciphertext):
            return value
        return Ciphertext(encrypt(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        # What was not touched is written back as it is: saving another column needs no key.
        return model_instance.__dict__[self.attname]

    def value_to_string(self, obj: models.Model) -> str:
        """Nothing: `dumpdata` would write the secret in clear."""
        return ""

    def get_lookup(self, lookup_name: str) -> Any:
        return IsNull if lookup_name == "isnull" else None
