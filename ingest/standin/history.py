"""The whole life of one pull request, made from its outline: how it began, and its moments in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from . import chance, words
from .character import Character, character
from .commits import chain
from .facts import Commit, Pull, Repository, Review, User
from .moments import Moment
from .outline import Outline
from .people import People
from .workdays import Calendar


@dataclass(frozen=True, slots=True)
class Scene:
    """What all pull requests of a repository have in common."""

    seed: int
    repository: Repository
    people: People
    calendar: Calendar

    def id_of(self, number: int, index: int = 0) -> int:
        # Above 2^31, like GitHub's ids since 2024. A thousand for each number, a block for each repository.
        return 2_200_000_000 + (self.repository.id % 1000) * 60_000_000 + number * 1000 + index


class Writer:
    """Writes the history of one pull request."""

    def __init__(self, scene: Scene, outline: Outline, first_commit: Commit | None) -> None:
        self.scene, self.outline = scene, outline
        self.dice = chance.dice(scene.seed, "history", outline.number)
        self.character: Character = character(outline.case, self.dice)
        self.first_commit = first_commit
        self.opened = outline.created_at
        self.ended = outline.ended_at or outline.updated_at
        self.moments: list[Moment] = []
        self.reviews = 0
        self.pushes = 0
        self.author = self._choose_author()
        self.pull = self._begin()

    def write(self) -> tuple[Pull, list[Moment]]:
        self._add(self.opened, "opened", self.author)
        for label in self._labels():
            self._add(self.opened, "labeled", self.author, label=label)
        self._drafts()
        self._pushes()
        self._reviews()
        if self.character.edited and self.span > 60:
            self._add(self._between(0.2, 0.8), "edited", self.author, title=f"{self.pull.title} (again)")
        if self.character.reopened and self.span > 60:
            self._add(self._at(0.76), "closed", self.author, merged=False)
            self._add(self._at(0.79), "reopened", self.author)
        self._end()
        self.moments.sort(key=lambda moment: moment.at)  # stable: equal seconds keep the order written
        return self.pull, self.moments

    @property
    def span(self) -> int:
        return int((self.ended - self.opened).total_seconds())

    def _at(self, place: float) -> datetime:
        return self.scene.calendar.between(self.opened, self.ended, place)

    def _between(self, low: float, high: float) -> datetime:
        return self._at(self.dice.uniform(low, high))

    def _add(self, at: datetime, action: str, actor: User | None, **data: object) -> None:
        self.moments.append(Moment(at, action, actor, data))

    def _choose_author(self) -> User | None:
        people = self.scene.people
        if self.character.ghost:
            return None
        if self.character.bot:
            return people.updater
        return self.dice.choice(people.outsiders if self.character.fork else people.members)

    def _begin(self) -> Pull:
        number, dice, kind, repository = self.outline.number, self.dice, self.character, self.scene.repository
        title, body = words.title(dice), words.body(dice, number)
        head_ref = words.branch(title, number)
        if kind.revert:
            reverted = max(1, number - dice.randint(1, 20))
            title, head_ref = f'Revert "{title}"', f"revert-{reverted}-{head_ref}"
            body = f"Reverts {repository.full_name}#{reverted}"
        elif kind.hotfix:
            title, head_ref = f"Hotfix: {title[0].lower()}{title[1:]}", f"hotfix/{head_ref}"
        elif kind.bot:
            title = words.bump(dice)
            head_ref = "dependabot/pip/" + words.branch(title, number)
        if kind.nul_in_body:
            body = "The export held \u0000 between two fields."
        forked = kind.fork or kind.ghost
        pull = Pull(
            number=number,
            id=self.scene.id_of(number),
            title=title,
            body=body,
            author=self.author,
            draft=kind.draft,
            created_at=self.opened,
            updated_at=self.opened,
            head_ref=head_ref,
            head_owner=self.author if forked else repository.owner,
            head_repository=self._fork() if forked else repository,
            base_sha=chance.sha(self.scene.seed, "base", number),
            comments=dice.choice((0, 0, 1, 2, 5)),
        )
        pull.commits = self._first_commits(pull.base_sha)
        pull.merge_sha = self._test_merge(0)
        return pull

    def _fork(self) -> Repository | None:
        if self.character.deleted_fork or self.author is None:
            return None
        origin = self.scene.repository
        return replace(origin, id=origin.id + self.author.id % 9999 + 1, owner=self.author, is_fork=True)

    def _first_commits(self, base: str) -> list[Commit]:
        key = (self.scene.seed, self.outline.number, 0)
        count = max(1, self.character.commits - 2) if self.span > 600 else self.character.commits
        if self.first_commit:
            return [
                self.first_commit,
                *chain(self.dice, key, self.first_commit.sha, self.author, self.opened, count),
            ]
        commits = chain(self.dice, key, base, self.author, self.opened, count)
        if self.character.unlinked:
            commits[0] = replace(commits[0], author=None, name="Build Machine", email="root@build.invalid")
            if len(commits) == 1:
                commits += chain(self.dice, (*key, "more"), commits[0].sha, self.author, self.opened, 1)
            commits[1] = replace(commits[1], author=None, empty_author=True, email="root@build.invalid")
        return commits

    def _test_merge(self, push: int) -> str:
        return chance.sha(self.scene.seed, "test merge", self.outline.number, push)

    def _labels(self) -> list[str]:
        if self.character.bot:
            return ["dependencies"]
        if self.character.hotfix:
            return ["hotfix"]
        return words.labels(self.dice)

    def _drafts(self) -> None:
        if not self.character.draft or self.outline.case == "draft":
            return
        self._add(self._at(0.1), "ready_for_review", self.author)
        if self.character.draft_twice:
            self._add(self._at(0.12), "converted_to_draft", self.author)
            self._add(self._at(0.15), "ready_for_review", self.author)

    def _pushes(self) -> None:
        if self.span <= 600:
            return
        forced = self.character.force_pushed
        rest = self.character.commits - len(self.pull.commits) + int(self.first_commit is not None)
        if forced:
            self._push(self._between(0.2, 0.4), self.pull.base_sha, len(self.pull.commits), forced=True)
        elif rest > 0:
            self._push(self._between(0.25, 0.75), self.pull.head_sha, rest, forced=False)

    def _push(self, at: datetime, parent: str, count: int, forced: bool) -> None:
        self.pushes += 1
        key = (self.scene.seed, self.outline.number, self.pushes)
        commits = chain(self.dice, key, parent, self.author, at, count)
        merge_sha = self._test_merge(self.pushes)
        self._add(at, "synchronize", self.author, commits=commits, forced=forced, merge_sha=merge_sha)

    def _reviews(self) -> None:
        kind, dice, people = self.character, self.dice, self.scene.people
        if self.outline.case in ("draft", "stale_open"):
            return
        reviewer = people.someone_else(dice, self.author)
        if not kind.bot and dice.random() < 0.7:
            self._add(self._at(0.16), "review_requested", self.author, reviewer=reviewer)
        if kind.bot_reviewed:
            self._review(self._at(0.17), people.review_bot, "COMMENTED", remarks=2)
        if dice.random() < 0.25:
            self._review(self._between(0.2, 0.6), reviewer, "CHANGES_REQUESTED", remarks=dice.randint(1, 6))
        if kind.author_commented:
            self._review(self._between(0.2, 0.7), self.author, "COMMENTED", remarks=1)
        if dice.random() < 0.2:
            self._review(
                self._between(0.2, 0.8), people.someone_else(dice, self.author), "COMMENTED", remarks=1
            )
        if kind.pending_review:
            self._review(self._at(0.8), people.viewer, "PENDING")
        if kind.dismissed:
            stale = self._review(self._at(0.3), reviewer, "APPROVED")
            self._add(self._at(0.82), "dismissed", reviewer, review_id=stale.id)
        if self.outline.merged and (self.outline.case or dice.random() < 0.85):
            at = self.ended if kind.same_second else self._between(0.83, 0.99)
            self._review(at, reviewer, "APPROVED")

    def _review(self, at: datetime, user: User | None, state: str, remarks: int = 0) -> Review:
        self.reviews += 1
        pending = state == "PENDING"
        head = max(
            (m for m in self.moments if m.action == "synchronize" and m.at <= at),
            key=lambda moment: moment.at,
            default=None,
        )
        review = Review(
            id=self.scene.id_of(self.outline.number, self.reviews),
            user=user,
            state=state,
            body="" if pending else words.remark(self.dice),
            commit=head.data["commits"][-1].sha if head else self.pull.head_sha,
            submitted_at=None if pending else at,
        )
        self._add(at, "pending" if pending else "submitted", user, review=review, remarks=remarks)
        return review

    def _end(self) -> None:
        people, outline = self.scene.people, self.outline
        if outline.ended_at is None:
            if self.ended > self.opened:
                self._add(self.ended, "labeled", people.members[1], label="backend")
            return
        actor = people.someone_else(self.dice, None) if outline.merged else self.author
        merge_sha = chance.sha(self.scene.seed, "merge", outline.number)
        self._add(outline.ended_at, "closed", actor, merged=outline.merged, merge_sha=merge_sha)
        if outline.updated_at > outline.ended_at:
            self._add(outline.updated_at, "labeled", people.members[2], label="released")
