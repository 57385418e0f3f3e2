from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from apps.integrations.factories import GitHubIntegrationFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.encryption import decrypt, encrypt

pytestmark = pytest.mark.django_db


def rotate_encryption_keys():
    out, err = StringIO(), StringIO()
    try:
        call_command("rotate_encryption_keys", stdout=out, stderr=err)
    finally:
        assert "gho_" not in out.getvalue() + err.getvalue()
    return out.getvalue()


@pytest.fixture
def new_key(settings):
    """A first key that nothing is encrypted with yet."""
    GitHubIntegrationFactory(
        webhook_secret="hunter2",
        previous_webhook_secret="hunter1",
        credential__access_token=encrypt("gho_access"),
        credential__refresh_token=encrypt("gho_refresh"),
    )
    key = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [key, *settings.FIELD_ENCRYPTION_KEYS]
    return key


def test_old_key_can_go_afterwards(settings, new_key):
    before = IntegrationCredential.objects.get()
    assert "4 secrets" in rotate_encryption_keys()
    settings.FIELD_ENCRYPTION_KEYS = [new_key]

    credential = IntegrationCredential.objects.get()
    assert decrypt(credential.access_token) == "gho_access"
    assert decrypt(credential.refresh_token) == "gho_refresh"
    integration = GitHubIntegration.objects.get()
    assert (integration.webhook_secret, integration.previous_webhook_secret) == ("hunter2", "hunter1")
    assert credential.updated_at == before.updated_at


def test_it_can_be_repeated(new_key):
    rotate_encryption_keys()
    rotate_encryption_keys()

    assert GitHubIntegration.objects.get().webhook_secret == "hunter2"


def test_damaged_secret_is_named_and_the_others_are_done(settings, new_key):
    IntegrationCredential.objects.update(access_token="damaged")
    with pytest.raises(CommandError, match="1 secrets could not be decrypted"):
        rotate_encryption_keys()
    settings.FIELD_ENCRYPTION_KEYS = [new_key]

    credential = IntegrationCredential.objects.get()
    assert credential.access_token == "damaged"
    assert decrypt(credential.refresh_token) == "gho_refresh"
    assert GitHubIntegration.objects.get().webhook_secret == "hunter2"


def test_nothing_stored():
    assert "0 secrets" in rotate_encryption_keys()
