import traceback

import pytest
from cryptography.fernet import Fernet, MultiFernet
from django.core.exceptions import ImproperlyConfigured

from apps.integrations.services.encryption import Undecryptable, decrypt, encrypt, rotate


@pytest.mark.parametrize("text", ["gho_abc", "ünïcode", "a" * 10_000, " \n"])
def test_there_and_back(text):
    stored = encrypt(text)

    assert text not in stored
    assert decrypt(stored) == text


def test_ciphertext_is_another_one_each_time():
    assert encrypt("gho_abc") != encrypt("gho_abc")


def test_empty_text_stays_empty(settings):
    settings.FIELD_ENCRYPTION_KEYS = []

    assert encrypt("") == ""
    assert decrypt("") == ""
    assert rotate("") == ""


def test_first_key_encrypts_and_all_decrypt(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [old]
    stored = encrypt("gho_abc")
    settings.FIELD_ENCRYPTION_KEYS = [new, old]

    assert decrypt(stored) == "gho_abc"
    assert Fernet(new).decrypt(encrypt("gho_abc")) == b"gho_abc"


def test_rotating_keeps_the_time_stamp(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    stored = Fernet(old).encrypt_at_time(b"gho_abc", 1_700_000_000).decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, old]

    rotated = rotate(stored)

    settings.FIELD_ENCRYPTION_KEYS = [new]
    assert decrypt(rotated) == "gho_abc"
    assert Fernet(new).extract_timestamp(rotated) == 1_700_000_000


@pytest.mark.parametrize("function", [decrypt, rotate])
@pytest.mark.parametrize("damage", ["not ciphertext", "é", "gAAAAA"])
def test_what_no_key_opens(function, damage):
    with pytest.raises(Undecryptable, match="FIELD_ENCRYPTION_KEYS"):
        function(damage)


def test_lost_key_is_named_and_nothing_secret(settings):
    stored = encrypt("gho_abc")
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(Undecryptable) as caught:
        decrypt(stored)

    assert "FIELD_ENCRYPTION_KEYS" in str(caught.value)
    assert stored not in str(caught.value)


def test_no_key(settings):
    settings.FIELD_ENCRYPTION_KEYS = []
    with pytest.raises(ImproperlyConfigured, match="is not set"):
        encrypt("gho_abc")


def test_wrong_key_is_not_shown(settings):
    settings.FIELD_ENCRYPTION_KEYS = ["hunter2"]
    with pytest.raises(ImproperlyConfigured) as caught:
        encrypt("gho_abc")

    report = "".join(traceback.format_exception(caught.value))
    assert "hunter2" not in report


def test_keys_are_those_of_cryptography():
    # Other tools of the same keys can read what is stored.
    from django.conf import settings

    fernet = MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])
    assert fernet.decrypt(encrypt("gho_abc").encode()) == b"gho_abc"
