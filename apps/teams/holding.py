"""One change of a team at a time."""

from apps.teams.models import Team


def hold(team_id: int) -> Team:
    """Until the transaction ends, whoever holds the team too waits. Who stores something for it does not:
    without `no_key` each event would, as the database looks whether its team is there.

    Raises Team.DoesNotExist.
    """
    return Team.objects.select_for_update(no_key=True).get(pk=team_id)
