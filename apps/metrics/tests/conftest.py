import pytest

from apps.teams.models import Team


@pytest.fixture
def anyone() -> Team:
    """A team for folds, which ask no database."""
    return Team(pk=3, slug="anyone")
