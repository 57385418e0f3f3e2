import pytest

from apps.integrations.factories import GitHubIntegrationFactory, IntegrationCredentialFactory
from apps.integrations.models import GitHubIntegration, IntegrationCredential
from apps.integrations.services.credentials import (
    credential_from_environment,
    has_token,
    mark_revoked,
    token_for,
    token_source,
    usable,
)
from apps.integrations.services.encryption import Undecryptable, encrypt
from apps.teams.factories import TeamFactory
from ingest.github.errors import CredentialRevoked

pytestmark = pytest.mark.django_db

Status = IntegrationCredential.Status


def test_environment_s_token_is_read_when_asked_and_never_stored(settings):
    settings.GITHUB_TOKEN = "ghp_first"
    credential = credential_from_environment(TeamFactory())
    settings.GITHUB_TOKEN = "ghp_second"

    assert token_for(credential) == "ghp_second"
    stored = IntegrationCredential.objects.filter(pk=credential.pk).values()[0]
    assert "ghp_" not in str(stored)


def test_environment_s_credential_is_made_once_a_team(settings):
    settings.GITHUB_TOKEN = "ghp_example"
    team = TeamFactory()

    assert credential_from_environment(team) == credential_from_environment(team)
    assert credential_from_environment(team) != credential_from_environment(TeamFactory())


def test_environment_does_not_touch_the_team_s_own_connection(settings):
    settings.GITHUB_TOKEN = "ghp_example"
    own = IntegrationCredentialFactory()
    credential_from_environment(own.team)

    assert token_for(IntegrationCredential.objects.get(pk=own.pk)) == "gho_example"


def test_without_a_token_in_the_environment_nothing_is_made(settings):
    settings.GITHUB_TOKEN = ""
    with pytest.raises(CredentialRevoked, match="GITHUB_TOKEN is not set"):
        credential_from_environment(TeamFactory())

    assert not IntegrationCredential.objects.exists()


def test_token_that_left_the_environment(settings):
    settings.GITHUB_TOKEN = "ghp_example"
    credential = credential_from_environment(TeamFactory())
    settings.GITHUB_TOKEN = ""

    with pytest.raises(CredentialRevoked, match="GITHUB_TOKEN is not set"):
        token_for(credential)


def test_new_token_in_the_environment_ends_the_old_one_s_revocation(settings):
    settings.GITHUB_TOKEN = "ghp_example"
    team = TeamFactory()
    mark_revoked(credential_from_environment(team), "Bad credentials")

    again = credential_from_environment(team)

    again.refresh_from_db()
    assert (again.status, again.status_reason) == (Status.ACTIVE, "")


def test_stored_token_is_decrypted():
    assert token_for(IntegrationCredentialFactory(access_token=encrypt("gho_mine"))) == "gho_mine"


@pytest.mark.parametrize("fields", [{"status": "revoked"}, {"status": "disconnected"}, {"access_token": ""}])
def test_unusable_credential(fields):
    with pytest.raises(CredentialRevoked, match="connect it again"):
        token_for(IntegrationCredentialFactory(**fields))


def test_lost_key_is_not_taken_for_a_revocation():
    with pytest.raises(Undecryptable):
        token_for(IntegrationCredentialFactory(access_token="damaged"))


def test_token_source_sees_what_changed_since():
    credential = IntegrationCredentialFactory()
    token = token_source(credential)
    assert token() == "gho_example"

    rows = IntegrationCredential.objects.filter(pk=credential.pk)
    rows.update(access_token=encrypt("gho_new"))
    assert token() == "gho_new"

    rows.update(status="disconnected", access_token="")
    with pytest.raises(CredentialRevoked):
        token()

    rows.delete()
    with pytest.raises(CredentialRevoked, match="deleted"):
        token()


def test_revocation_is_noted():
    credential = IntegrationCredentialFactory()

    assert mark_revoked(credential, "Bad credentials")
    credential.refresh_from_db()
    assert (credential.status, credential.status_reason) == (Status.REVOKED, "Bad credentials")


def test_late_refusal_does_not_revoke_the_token_that_came_after():
    credential = IntegrationCredentialFactory()
    IntegrationCredential.objects.update(access_token=encrypt("gho_new"))

    assert not mark_revoked(credential, "Bad credentials")
    credential.refresh_from_db()
    assert credential.status == Status.ACTIVE


def test_refusal_does_not_undo_a_disconnection():
    credential = IntegrationCredentialFactory(status="disconnected")

    assert not mark_revoked(credential, "Bad credentials")
    credential.refresh_from_db()
    assert credential.status == Status.DISCONNECTED


def test_a_token_that_is_not_there_was_refused_by_nobody(settings):
    settings.GITHUB_TOKEN = "ghp_example"
    credential = credential_from_environment(TeamFactory())
    settings.GITHUB_TOKEN = ""

    assert not mark_revoked(credential, "GITHUB_TOKEN is not set")
    credential.refresh_from_db()
    assert credential.status == Status.ACTIVE
    settings.GITHUB_TOKEN = "ghp_example"
    assert mark_revoked(credential, "Bad credentials")


def test_which_credentials_this_process_can_use(settings):
    own = GitHubIntegrationFactory()
    of_server = GitHubIntegrationFactory(credential=IntegrationCredentialFactory(source="environment"))
    GitHubIntegrationFactory(credential=IntegrationCredentialFactory(status="revoked"))

    def found():
        return list(GitHubIntegration.objects.filter(usable("credential")).order_by("pk"))

    settings.GITHUB_TOKEN = ""
    assert (found(), has_token(own.credential), has_token(of_server.credential)) == ([own], True, False)
    settings.GITHUB_TOKEN = "ghp_example"
    assert (found(), has_token(of_server.credential)) == ([own, of_server], True)
