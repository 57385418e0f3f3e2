import pytest
from django.db.models import ProtectedError

from apps.metrics.models import TeamMember
from apps.teams.factories import TeamFactory

pytestmark = pytest.mark.django_db


def test_the_door_shows_one_teams_rows_only():
    ours, theirs = TeamFactory(), TeamFactory()
    member = TeamMember.objects.create(team=ours, display_name="Alice")
    TeamMember.objects.create(team=theirs, display_name="Charlie")
    assert list(TeamMember.for_team(ours)) == [member]
    assert TeamMember.objects.count() == 2


def test_a_team_with_rows_is_not_deleted():
    member = TeamMember.objects.create(team=TeamFactory(), display_name="Alice")
    with pytest.raises(ProtectedError):
        member.team.delete()
