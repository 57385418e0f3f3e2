"""The version of all that turns events into rows.

Raise the version of a part with every change of what it makes of the same events. A test fails when a part's
code changed and its version did not (`make versions`).
"""

from collections.abc import Iterable

from apps.metrics import processors
from apps.metrics.formulas import FORMULAS

# Of all the rest that decides what rows say: the fold, the payloads' fields, this package, and the shapes of
# `ingest`.
COMMON = 5

# Grows by what a removed processor or formula had, so that the sum never falls.
RETIRED = 0
PROCESSORS = tuple(p for p in vars(processors).values() if isinstance(p, processors.Processor))

# An integer that only grows, as each part of it does: a stream made by a smaller one is stale.
VERSION = RETIRED + COMMON + sum(p.version for p in PROCESSORS) + sum(f.version for f in FORMULAS)


class MadeByNewer(Exception):
    """Rows of these streams (team id, repository id, number) were made by a newer version than this one: they
    are not to be overwritten.
    """

    def __init__(self, streams: Iterable[tuple[int, int, int]]) -> None:
        self.streams = frozenset(streams)
        super().__init__(
            f"a newer version than this one ({VERSION}) made rows of {len(self.streams)} streams"
        )
