"""What is of a team points at what is of the same team."""

from apps.teams.models import BaseTeamModel


class OtherTeam(ValueError):
    """A row that would point into another team: with it one team would work with another's token."""


def refuse_other_team(row: BaseTeamModel, target: BaseTeamModel) -> None:
    if row.team_id != target.team_id:
        raise OtherTeam(f"{type(row).__name__} and its {type(target).__name__} belong to different teams.")
