"""Finding the one stream of a pull request that somebody named."""

from __future__ import annotations

from ingest.log.streams import StreamKey
from ingest.models import Stream
from ingest.replay.scope import UnknownScope, repository_ids, team_by_slug


def find_pull(team_slug: str, repository: str, number: int) -> StreamKey:
    """The key of the stream. `repository` is a present or former name, or GitHub's numeric id.

    Raises `UnknownScope` where nothing is stored of it, and where two repositories had that name.
    """
    team = team_by_slug(team_slug)
    ids = repository_ids(repository, team_slug)
    found = list(
        Stream.for_team(team)
        .filter(repository_id__in=ids, number=number, events__gt=0)
        .order_by("repository_id")
        .values_list("repository_id", flat=True)
    )
    if not found:
        raise UnknownScope(f"nothing is stored of {repository}#{number} in team {team_slug!r}")
    if len(found) > 1:
        known = " and ".join(map(str, found))
        raise UnknownScope(f"{repository} was the name of the repositories {known}: name one by its id")
    return team.pk, found[0], number
