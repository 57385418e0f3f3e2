"""Who works in the world: members of the organization, people from outside, bots."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from . import chance
from .facts import User

_MEMBERS = (
    ("amara-osei", "Amara Osei"),
    ("bjorn-lind", "Björn Lind"),
    ("chiara-v", "Chiara Valenti"),
    ("dmitri-k", "Dmitri Kovalev"),
    ("esra-demir", "Esra Demir"),
    ("felipe-souza", "Felipe Souza"),
    ("grace-mwangi", "Grace Mwangi"),
    ("haruto-n", "Haruto Nakano"),
    ("ines-pereira", "Inês Pereira"),
    ("jonas-w", "Jonas Weber"),
    ("kavya-rao", "Kavya Rao"),
    ("liam-oconnor", "Liam O'Connor"),
)
_OUTSIDERS = (
    ("moth-in-the-lamp", "Mo Tran"),
    ("night-train", ""),
    ("olga-builds", "Olga Petrova"),
    ("patchwork-p", "Pat Quinn"),
)
_BOTS = ("dependabot[bot]", "github-actions[bot]", "acme-review[bot]")


@dataclass(frozen=True, slots=True)
class People:
    organization: User
    members: tuple[User, ...]
    outsiders: tuple[User, ...]
    bots: tuple[User, ...]

    @property
    def viewer(self) -> User:
        """Whose token it is: GitHub shows a PENDING review to its own author only."""
        return self.members[0]

    @property
    def public_members(self) -> tuple[User, ...]:
        """Those who show that they are members; every third."""
        return self.members[::3]

    @property
    def updater(self) -> User:
        return self.bots[0]

    @property
    def review_bot(self) -> User:
        return self.bots[2]

    def someone_else(self, dice: Random, than: User | None) -> User:
        return dice.choice([member for member in self.members if member != than])


def people(owner: str) -> People:
    def account(login: str, name: str, kind: str, association: str) -> User:
        user_id = 1_000_000 + chance.number(180_000_000, "user", login)
        return User(user_id, login, name, kind, association)

    return People(
        organization=account(owner, owner.title(), "Organization", "OWNER"),
        members=tuple(account(login, name, "User", "MEMBER") for login, name in _MEMBERS),
        outsiders=tuple(account(login, name, "User", "CONTRIBUTOR") for login, name in _OUTSIDERS),
        bots=tuple(account(login, login, "Bot", "NONE") for login in _BOTS),
    )
