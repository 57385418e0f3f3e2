"""Bindings: the columns that point at rows which others may change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Q

from apps import sql
from apps.metrics.models import Commit, PRReview, PullRequest, Repository, TeamMember

BOUND = ((PullRequest, "author"), (PRReview, "reviewer"), (Commit, "author"))


class Members:
    """The members that some actors are: by numeric id; by login only a member whose id is not known."""

    def __init__(self, actors: Iterable[tuple[int, int | None, str]]) -> None:
        """`actors`: (team id, GitHub id or None, login)."""
        seen = set(actors)
        self._found: dict[tuple[int, str], int] = {}
        if not seen:
            return
        ids = {(team_id, str(github_id)) for team_id, github_id, _ in seen if github_id is not None}
        logins = {(team_id, login.lower()) for team_id, _, login in seen if login}
        for team_id, wanted, member_id in _members(sorted(ids), sorted(logins)):
            self._found[team_id, wanted] = member_id

    def find(self, team_id: int, github_id: int | None, login: str) -> int | None:
        found = self._found.get((team_id, str(github_id))) if github_id is not None else None
        return found if found is not None or not login else self._found.get((team_id, f"@{login.lower()}"))


def _members(ids: list[tuple[int, str]], logins: list[tuple[int, str]]) -> list[tuple[int, str, int]]:
    """The member behind each id, and behind each login as `@login`; the oldest, where several are it."""
    by_id, id_params = sql.key_table(ids, team_id="bigint", wanted="text")
    by_login, login_params = sql.key_table(logins, team_id="bigint", wanted="text")
    member = sql.quoted(TeamMember)
    with sql.cursor() as cursor:
        cursor.execute(
            f"SELECT k.team_id, k.wanted, min(t.id) FROM {by_id} JOIN {member} t"
            " ON t.team_id = k.team_id AND t.github_id = k.wanted GROUP BY k.team_id, k.wanted"
            f" UNION ALL SELECT k.team_id, '@' || k.wanted, min(t.id) FROM {by_login} JOIN {member} t"
            " ON t.team_id = k.team_id AND t.github_id = '' AND lower(t.github_username) = k.wanted"
            " GROUP BY k.team_id, k.wanted",
            [*id_params, *login_params],
        )
        found: list[tuple[int, str, int]] = cursor.fetchall()
    return found


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


class Named(NamedTuple):
    """What is stored of a repository."""

    full_name: str
    name_instant: int
    name_digest: str
    private: bool | None
    archived: bool | None
    deleted: bool | None
    default_branch: str | None


def current_names(keys: Iterable[tuple[int, int]], *, lock: bool = False) -> dict[tuple[int, int], Named]:
    """The stored Repository rows of these (team id, GitHub repository id), by key; locked in key order if
    asked.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    table, params = sql.key_table(wanted, team_id="bigint", repo="bigint")
    rest = (
        f"FROM {table} JOIN {sql.quoted(Repository)} t ON t.team_id = k.team_id AND t.github_repo_id = k.repo"
        " ORDER BY t.team_id, t.github_repo_id"
    )
    if lock and not sql.is_sqlite():
        rest += " FOR UPDATE OF t"
    rows = sql.select(Repository, ("team_id", "github_repo_id", *Named._fields), rest, params)
    return {row[:2]: Named(*row[2:]) for row in rows}
