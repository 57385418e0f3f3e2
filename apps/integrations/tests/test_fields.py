import json

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import connection
from django.db.models import Value

from apps.integrations.factories import GitHubIntegrationFactory
from apps.integrations.models import GitHubIntegration
from apps.integrations.services.encryption import Undecryptable, decrypt

pytestmark = pytest.mark.django_db


def in_the_table(integration):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT webhook_secret FROM integrations_githubintegration WHERE id = %s", [integration.pk]
        )
        return cursor.fetchone()[0]


def test_plain_in_python_and_ciphertext_in_the_table():
    integration = GitHubIntegrationFactory(webhook_secret="hunter2")

    assert integration.webhook_secret == "hunter2"
    assert GitHubIntegration.objects.get().webhook_secret == "hunter2"
    assert "hunter2" not in in_the_table(integration)
    assert decrypt(in_the_table(integration)) == "hunter2"


def test_every_way_of_writing_encrypts():
    integration = GitHubIntegrationFactory(webhook_secret="hunter2")

    GitHubIntegration.objects.filter(pk=integration.pk).update(webhook_secret="hunter3")
    assert decrypt(in_the_table(integration)) == "hunter3"

    integration.webhook_secret = "hunter4"
    GitHubIntegration.objects.bulk_update([integration], ["webhook_secret"])
    assert decrypt(in_the_table(integration)) == "hunter4"

    integration.refresh_from_db()
    integration.webhook_secret = "hunter5"
    integration.save(update_fields=["webhook_secret"])
    assert decrypt(in_the_table(integration)) == "hunter5"


def test_empty_stays_empty():
    assert in_the_table(GitHubIntegrationFactory(webhook_secret="")) == ""


def test_deferred_secret_is_plain():
    GitHubIntegrationFactory(webhook_secret="hunter2")

    assert GitHubIntegration.objects.defer("webhook_secret").get().webhook_secret == "hunter2"


def test_saving_leaves_the_ciphertext_as_it_is():
    integration = GitHubIntegrationFactory()
    before = in_the_table(integration)
    read = GitHubIntegration.objects.get()
    assert read.webhook_secret
    read.organization_slug = "renamed"
    read.save()

    assert in_the_table(integration) == before


def test_lost_key_hurts_the_secret_only(settings):
    integration = GitHubIntegrationFactory()
    settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    read = GitHubIntegration.objects.get()
    read.organization_slug = "renamed"
    read.save()
    assert GitHubIntegration.objects.get().organization_slug == "renamed"
    with pytest.raises(Undecryptable):
        _ = read.webhook_secret

    read.webhook_secret = "stored again"
    read.save()
    assert decrypt(in_the_table(integration)) == "stored again"


def test_dump_holds_no_secret():
    integration = GitHubIntegrationFactory(webhook_secret="hunter2")
    (dumped,) = json.loads(serializers.serialize("json", [integration]))

    assert dumped["fields"]["webhook_secret"] == ""


@pytest.mark.parametrize("lookup", ["exact", "in", "contains", "startswith", "iexact", "gt"])
def test_secrets_cannot_be_searched(lookup):
    with pytest.raises(FieldError):
        GitHubIntegration.objects.filter(**{f"webhook_secret__{lookup}": "x"})


def test_isnull_and_expressions_work():
    GitHubIntegrationFactory()

    assert GitHubIntegration.objects.filter(webhook_secret__isnull=False).count() == 1
    assert GitHubIntegration.objects.update(webhook_secret=Value("")) == 1
