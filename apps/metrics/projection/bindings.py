"""Bindings: the columns that point at rows which others may change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower

from apps import sql
from apps.metrics.models import Commit, PRReview, PullRequest, Repository, TeamMember

BOUND = ((PullRequest, "author"), (PRReview, "reviewer"), (Commit, "author"))


class Members:
    """The members that some actors are: by numeric id; by login only a member whose id is not known."""

    def __init__(self, actors: Iterable[tuple[int, int | None, str]]) -> None:
        """`actors`: (team id, GitHub id or None, login)."""
        seen = set(actors)
        by_id = Q(github_id__in={str(github_id) for _, github_id, _ in seen if github_id is not None})
        by_login = Q(github_id="", lower_login__in={login.lower() for _, _, login in seen if login})
        rows = (
            TeamMember.objects.annotate(lower_login=Lower("github_username"))
            .filter(by_id | by_login, team_id__in={team_id for team_id, _, _ in seen})
            .order_by("-id")
            .values_list("team_id", "github_id", "lower_login", "id")
        )
        self._found: dict[tuple[int, str], int] = {}
        for team_id, github_id, login, member_id in rows if seen else ():
            self._found[team_id, github_id or f"@{login}"] = member_id

    def find(self, team_id: int, github_id: int | None, login: str) -> int | None:
        found = self._found.get((team_id, str(github_id))) if github_id is not None else None
        return found if found is not None or not login else self._found.get((team_id, f"@{login.lower()}"))


def bind_member(member: TeamMember) -> int:
    """Point this person's rows, and those bound to the member, at whom they mean; returns how many changed.

    Called after the commit of a changed member, and repeated by beat: a chunk that was being written
    meanwhile may have read the members before.
    """
    changed = 0
    for model, name in BOUND:
        rows: Any = model.objects.filter(team_id=member.team_id)
        github_id, login, bound_to = f"{name}_github_id", f"{name}_login", f"{name}_id"
        his = Q(**{name: member})
        if member.github_id.isdecimal():
            his |= Q(**{github_id: int(member.github_id)})
        elif not member.github_id and member.github_username:
            his |= Q(**{f"{login}__iexact": member.github_username})
        actors = set(rows.filter(his).values_list(github_id, login))
        members = Members((member.team_id, *actor) for actor in actors)
        for actor in actors:
            found = members.find(member.team_id, *actor)
            same = rows.filter(**{github_id: actor[0], login: actor[1]})
            changed += same.exclude(**{bound_to: found}).update(**{bound_to: found})
    return changed


def bind_names(team_id: int, github_repo_id: int, full_name: str) -> int:
    """Give every row of a repository its present name; returns how many changed."""
    changed = 0
    for model in (PullRequest, Commit):
        rows = model.objects.filter(team_id=team_id, github_repo_id=github_repo_id)
        changed += rows.exclude(github_repo=full_name).update(github_repo=full_name)
    return changed


def current_names(
    keys: Iterable[tuple[int, int]], *, lock: bool = False
) -> dict[tuple[int, int], Repository]:
    """The stored Repository rows of these (team id, GitHub repository id), by key; locked in key order if
    asked.
    """
    wanted = set(keys)
    rows = Repository.objects.filter(
        team_id__in={team_id for team_id, _ in wanted}, github_repo_id__in={repo for _, repo in wanted}
    ).order_by("team_id", "github_repo_id")
    if lock and not sql.is_sqlite():
        rows = rows.select_for_update()
    return {(r.team_id, r.github_repo_id): r for r in rows if (r.team_id, r.github_repo_id) in wanted}
