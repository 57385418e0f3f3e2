import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.integrations.factories import (
    GitHubIntegrationFactory,
    IntegrationCredentialFactory,
    TrackedRepositoryFactory,
)
from apps.integrations.models import (
    GitHubIntegration,
    IntegrationCredential,
    OtherTeam,
    TrackedRepository,
)
from apps.integrations.services.encryption import decrypt, encrypt
from apps.teams.factories import TeamFactory
from apps.teams.models import BaseTeamModel

pytestmark = pytest.mark.django_db

MODELS = [IntegrationCredential, GitHubIntegration, TrackedRepository]


@pytest.mark.parametrize("model", MODELS)
def test_rows_belong_to_a_team_and_the_door_shows_only_its_own(model):
    mine, other = TrackedRepositoryFactory(), TrackedRepositoryFactory()

    assert issubclass(model, BaseTeamModel)
    assert model.objects.count() == 2
    assert {row.team_id for row in model.for_team(mine.team)} == {mine.team_id}
    assert mine.team_id != other.team_id


def test_a_team_tracks_a_repository_once_and_two_teams_may():
    repository = TrackedRepositoryFactory()
    TrackedRepositoryFactory(github_repo_id=repository.github_repo_id)

    with pytest.raises(IntegrityError), transaction.atomic():
        TrackedRepositoryFactory(team=repository.team, github_repo_id=repository.github_repo_id)


def test_a_team_has_one_credential_of_a_source():
    credential = IntegrationCredentialFactory()
    IntegrationCredential(team=credential.team, source="environment").save()

    with pytest.raises(IntegrityError), transaction.atomic():
        IntegrationCredential(team=credential.team, source=credential.source).save()


@pytest.mark.parametrize("column", ["access_token", "refresh_token"])
def test_credential_of_the_environment_stores_no_token(column):
    with pytest.raises(IntegrityError), transaction.atomic():
        IntegrationCredential(team=TeamFactory(), source="environment", **{column: encrypt("x")}).save()


def test_an_integration_never_uses_another_team_s_token():
    with pytest.raises(OtherTeam):
        GitHubIntegration(team=TeamFactory(), credential=IntegrationCredentialFactory()).save()


def test_a_repository_never_uses_another_team_s_integration():
    repository = TrackedRepositoryFactory()
    repository.team = TeamFactory()
    with pytest.raises(OtherTeam):
        repository.save()


def test_nothing_is_deleted_with_a_credential():
    repository = TrackedRepositoryFactory()
    with pytest.raises(ProtectedError):
        repository.integration.credential.delete()
    with pytest.raises(ProtectedError):
        repository.integration.delete()


def test_credential_outlives_the_person_who_connected():
    credential = IntegrationCredentialFactory()
    credential.connected_by.delete()
    credential.refresh_from_db()

    assert credential.connected_by is None


def test_ids_of_today_fit():
    large = 2**62
    TrackedRepositoryFactory(github_repo_id=large, webhook_id=large, integration__organization_id=large)
    repository = TrackedRepository.objects.get()

    assert repository.github_repo_id == repository.webhook_id == large
    assert repository.integration.organization_id == large


def test_factories_keep_to_one_team():
    repository = TrackedRepositoryFactory()

    assert repository.team == repository.integration.team == repository.integration.credential.team


def test_factories_follow_the_part_that_is_given():
    credential = IntegrationCredentialFactory()
    integration = GitHubIntegrationFactory(credential=credential)
    repository = TrackedRepositoryFactory(integration=integration)

    assert repository.team == integration.team == credential.team


def test_factories_give_a_team_many_repositories():
    team = TeamFactory()
    first, second = TrackedRepositoryFactory.create_batch(2, team=team)

    assert first.integration == second.integration
    assert first.full_name != second.full_name


def test_factory_stores_ciphertext():
    stored = IntegrationCredentialFactory().access_token

    assert stored != "gho_example"
    assert decrypt(stored) == "gho_example"


def test_factory_of_the_environment_s_credential():
    assert IntegrationCredentialFactory(source="environment").access_token == ""


def test_rows_are_named_without_secrets():
    repository = TrackedRepositoryFactory(
        full_name="o/r", team__name="Red", integration__organization_slug="o"
    )
    assert str(repository) == "o/r"
    assert str(repository.integration) == "o"
    assert str(repository.integration.credential) == "GitHub of Red (oauth)"
    assert str(GitHubIntegration(team=repository.team)) == "GitHub of Red"
