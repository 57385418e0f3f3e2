"""What repositories are called: one row each, raised by every stream that names it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from apps import sql
from apps.metrics.models import Commit, PullRequest, Repository

from .bindings import bind_names, current_names
from .changes import Outcome
from .project import Name, Projection

RepositoryKey = tuple[int, int]
# Names that a dry run's earlier chunks would have given.
Told = dict[RepositoryKey, Name]
FACTS = ("private", "archived", "deleted", "default_branch")
# Before every name that was ever heard.
NAMELESS = Name(-3, "", "")


class Names:
    """The names that a chunk's rows are given, and the rows that keep them.

    Rows of Repository are shared by all streams of a repository, and each newer event raises its place in
    the order. So they are locked in the last statements of the transaction, for milliseconds: two workers
    of one repository then hardly wait for each other.
    """

    def __init__(self, projections: Sequence[Projection], told: Told | None = None) -> None:
        self.told = {} if told is None else told
        self.repositories = {p.key[:2] for p in projections}
        self.stored = current_names(self.repositories)
        self.raised: dict[RepositoryKey, Name] = {}
        self.facts = {p.key[:2]: p.repository for p in projections if p.repository}
        self.streams = {p.key for p in projections}
        for p in projections:
            if p.name and (p.key[:2] not in self.raised or self.raised[p.key[:2]] < p.name):
                self.raised[p.key[:2]] = p.name
        # Facts need a row, whether somebody named the repository yet or not.
        self.raised = dict.fromkeys(self.facts, NAMELESS) | self.raised
        self.raised = {key: name for key, name in self.raised.items() if self._is_news(key, name)}

    def _is_news(self, key: RepositoryKey, name: Name) -> bool:
        """Newer than what is stored, or what that place in the order really said."""
        stored = self._place(key)
        known = key in self.stored or key in self.told
        return not known or (name != stored and name[:2] >= stored[:2])

    def _place(self, key: RepositoryKey) -> Name:
        if key in self.told:
            return self.told[key]
        row = self.stored.get(key)
        return Name(row.name_instant, row.name_digest, row.full_name) if row else NAMELESS

    def as_told(self, key: RepositoryKey, row: dict[str, Any]) -> dict[str, Any]:
        """A stored row of the repository as it would be after a dry run's earlier chunks."""
        return row | {"github_repo": self.told[key].full_name} if key in self.told else row

    def elsewhere(self, keys: set[RepositoryKey]) -> dict[RepositoryKey, str]:
        """What repositories are called that this chunk has no stream of."""
        found = {key: row.full_name for key, row in current_names(keys).items()} if keys else {}
        return found | {key: self.told[key].full_name for key in keys & self.told.keys()}

    def name_of(self, team_id: int, github_repo_id: int) -> str:
        """The newest name known to this chunk or stored; empty where nobody ever named it."""
        key = (team_id, github_repo_id)
        return self.raised[key].full_name if key in self.raised else self._place(key).full_name

    def write(self, outcome: Outcome, dry: bool) -> None:
        changed = {key for key in self.facts if self._changed_facts(key)} | self.raised.keys()
        outcome.repositories += len(changed)
        if dry:
            for key in sorted(self.raised):
                self._count_renamed(key, outcome)
            self.told |= self.raised
            return
        if len(self.repositories) > 1:
            # All that are there in key order first: two workers that raise one each would wait for the
            # other's.
            current_names(self.repositories, lock=True)
        held = self._raise()
        for key in sorted(self.facts.keys() & changed):
            rows = Repository.objects.filter(team_id=key[0], github_repo_id=key[1])
            rows.update(**self._changed_facts(key), updated_at=timezone.now())
        self._bind(held, outcome)

    def _changed_facts(self, key: RepositoryKey) -> dict[str, Any]:
        row = self.stored.get(key)
        return {name: v for name, v in self.facts[key].items() if row is None or getattr(row, name) != v}

    def _raise(self) -> dict[RepositoryKey, str]:
        """The names of the rows that were written, which are locked by that."""
        now = timezone.now()
        place = ("full_name", "name_instant", "name_digest")
        written = sql.upsert(
            Repository,
            ("team_id", "github_repo_id", *place, "created_at", "updated_at"),
            [(*key, n.full_name, n.instant, n.digest, now, now) for key, n in sorted(self.raised.items())],
            key=("team_id", "github_repo_id"),
            update=(*place, "updated_at"),
            newer=("name_instant", "name_digest"),
            returning=("team_id", "github_repo_id", "full_name"),
        )
        return {(team_id, repository_id): name for team_id, repository_id, name in written}

    def _bind(self, held: dict[RepositoryKey, str], outcome: Outcome) -> None:
        """Somebody may have raised a name since it was read here: what the row says now, the rows are to
        say.
        """
        others = current_names(self.repositories - held.keys(), lock=True)
        names = held | {key: row.full_name for key, row in others.items()}
        for key, name in sorted(names.items()):
            before = self._place(key).full_name
            if name != before or name != self.name_of(*key):
                renamed = bind_names(*key, name)
                outcome.counts["updated"] += renamed if before else 0

    def _count_renamed(self, key: RepositoryKey, outcome: Outcome) -> None:
        before = self._place(key).full_name
        if not before or before == self.name_of(*key):
            return
        numbers = [number for *repository, number in self.streams if tuple(repository) == key]
        for model in (PullRequest, Commit):
            rows = model.objects.filter(team_id=key[0], github_repo_id=key[1]).exclude(number__in=numbers)
            outcome.counts["updated"] += rows.exclude(github_repo=self.name_of(*key)).count()
