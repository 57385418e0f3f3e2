"""Titles, bodies, branches, labels, commit messages."""

from __future__ import annotations

from random import Random

_VERBS = (
    "Add", "Fix", "Speed up", "Rework", "Document", "Drop", "Validate", "Cache", "Retry", "Simplify",
)  # fmt: skip
_PARTS = (
    "telemetry", "launch checklist", "fuel gauge", "orbit planner", "stage separation", "ground link",
    "mission archive", "heat shield model", "crew manifest", "abort switch", "weather feed", "thrust curve",
)  # fmt: skip
_DETAILS = (
    "on slow networks", "for two-stage flights", "when the feed is empty", "in the nightly job",
    "behind a flag", "for old exports", "without a restart", "after a timeout", "(première étape)", "🚀",
)  # fmt: skip
_PACKAGES = ("requests", "numpy", "pytest", "urllib3", "cryptography", "vite", "eslint", "actions/checkout")
_LABELS = ("bug", "enhancement", "documentation", "performance", "backend", "frontend")
_REMARKS = ("Looks good to me.", "Nice, one small question below.", "", "", "Could this be a setting?")

COLOURS = {
    "bug": "d73a4a",
    "documentation": "0075ca",
    "enhancement": "a2eeef",
    "performance": "fbca04",
    "hotfix": "b60205",
    "dependencies": "0366d6",
    "released": "0e8a16",
}


DESCRIPTIONS = {
    "bug": "Something is broken",
    "hotfix": "Goes out today",
    "released": "Flown at least once",
}


def title(dice: Random) -> str:
    return f"{dice.choice(_VERBS)} {dice.choice(_PARTS)} {dice.choice(_DETAILS)}"


def bump(dice: Random) -> str:
    major, minor = dice.randint(1, 40), dice.randint(0, 20)
    return f"Bump {dice.choice(_PACKAGES)} from {major}.{minor}.0 to {major}.{minor + 1}.0"


def body(dice: Random, number: int) -> str | None:
    if dice.random() < 0.08:
        return None  # GitHub stores null, not "", when nothing was typed
    part = dice.choice(_PARTS)
    lines = [f"The {part} needed this {dice.choice(_DETAILS)}.", ""]
    lines += [f"- {dice.choice(_VERBS)} the {dice.choice(_PARTS)}" for _ in range(dice.randint(1, 6))]
    if number > 1 and dice.random() < 0.4:
        lines += ["", f"Closes #{dice.randint(1, number - 1)}"]
    return "\r\n".join(lines)  # browsers send CRLF and GitHub keeps it


def branch(title: str, number: int) -> str:
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in title.lower()).split()
    return "-".join(words[:5]) + f"-{number}"


def labels(dice: Random) -> list[str]:
    return dice.sample(_LABELS, dice.choice((0, 0, 1, 1, 2)))


def remark(dice: Random) -> str:
    return dice.choice(_REMARKS)


def message(dice: Random) -> str:
    subject = f"{dice.choice(_VERBS)} {dice.choice(_PARTS)}"
    return subject if dice.random() < 0.7 else f"{subject}\n\n{dice.choice(_PARTS).capitalize()} first."
