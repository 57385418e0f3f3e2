"""Secrets at rest: Fernet with the keys of `FIELD_ENCRYPTION_KEYS`. The first encrypts, all decrypt."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables


class Undecryptable(Exception):
    """A stored secret that none of the keys opens: a key is missing, or the value was damaged."""

    def __init__(self) -> None:
        super().__init__(
            "A stored secret cannot be decrypted with any key of FIELD_ENCRYPTION_KEYS: "
            "add the key that it was encrypted with, or store the secret again."
        )


@sensitive_variables("text")
def encrypt(text: str) -> str:
    """The ciphertext of `text`, another one at each call; empty text stays empty.

    Raises ImproperlyConfigured without a usable key.
    """
    return _fernet().encrypt(text.encode()).decode() if text else ""


def decrypt(ciphertext: str) -> str:
    """What `encrypt` was given. Raises Undecryptable, or ImproperlyConfigured without a usable key."""
    if not ciphertext:
        return ""
    fernet = _fernet()
    try:
        return fernet.decrypt(ciphertext.encode()).decode()
    except InvalidToken:
        raise Undecryptable from None


def rotate(ciphertext: str) -> str:
    """The same secret and time stamp under the first key. Raises as `decrypt` does."""
    if not ciphertext:
        return ""
    fernet = _fernet()
    try:
        return fernet.rotate(ciphertext.encode()).decode()
    except InvalidToken:
        raise Undecryptable from None


def _fernet() -> MultiFernet:
    if not settings.FIELD_ENCRYPTION_KEYS:
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS is not set: no secret can be stored or read.")
    try:
        return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
    except ValueError:
        # `from None`: the frames of the first error hold the key.
        raise ImproperlyConfigured("FIELD_ENCRYPTION_KEYS has a key that is no Fernet key.") from None
