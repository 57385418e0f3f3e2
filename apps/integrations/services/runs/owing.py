"""What a run owes, as people see it: which pull requests, and which run asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.backfill.owed import begun, owed_by
from ingest.models import Run

# So many are named.
NAMED = 50


@dataclass(frozen=True)
class Owing:
    """`numbers`: in the order in which they are asked for. `asked_by`: the run that did so after this one;
    None: none yet. `over`: whether this one is."""

    numbers: list[int]
    asked_by: int | None
    over: bool

    @property
    def names(self) -> str:
        return named(self.numbers)

    @property
    def sentence(self) -> str:
        if self.asked_by is not None:
            return f"Run {self.asked_by} asked first for what is owed."
        if self.over:
            return "The repository's next run asks first for what is owed, whatever its window."
        return "This run asks first for what earlier ones owed, and the next one for what fails now."


def named(numbers: Sequence[int]) -> str:
    rest = len(numbers) - NAMED
    shown = ", ".join(f"#{number}" for number in numbers[:NAMED])
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def owing(run: Run) -> Owing | None:
    """None where it owes nothing."""
    numbers = owed_by(run.report)
    if not numbers:
        return None
    over = run.state not in Run.ACTIVE
    later = begun(run).filter(pk__gt=run.pk).order_by("pk") if over else Run.objects.none()
    return Owing(numbers, later.values_list("pk", flat=True).first(), over)
