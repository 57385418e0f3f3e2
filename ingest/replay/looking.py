"""What processing would do, chunk after chunk, with nothing written and nothing locked."""

from __future__ import annotations

from collections.abc import Sequence

from apps.metrics.projection.names import Told
from apps.metrics.projection.version import VERSION, MadeByNewer
from ingest.log import streams
from ingest.log.streams import StreamKey

from .folding import fold
from .processing import Processed, write_folded
from .snapshot import snapshot
from .uncollected import uncollected


class Look:
    """One dry run or verification. It remembers what repositories would be called after the chunks before:
    rows that a rename has counted once are not counted again.

    With `causes` each chunk tells apart what comes from changed code alone (`Processed.by_code`).
    """

    def __init__(self, *, causes: bool = False) -> None:
        self.causes = causes
        self.told: Told = {}
        self.told_by_code: Told = {}

    def __call__(self, keys: Sequence[StreamKey]) -> Processed:
        # Events and rows of one moment: what is stored and processed between two statements differs in none.
        with snapshot(), uncollected():
            return self._look(keys)

    def _look(self, keys: Sequence[StreamKey]) -> Processed:
        there = streams.counts(keys)
        counts = {key: one for key, one in there.items() if one.version <= VERSION}
        folded = fold(counts)
        try:
            found = write_folded(folded, keep_changes=True, dry=True, told=self.told)
        except MadeByNewer as error:
            rest = [key for key in counts if key not in error.streams]
            found = self._look(rest) if len(rest) < len(counts) else Processed()
            found.newer += len(there) - len(rest)
            return found
        found.newer = len(there) - len(counts)
        pending = {key: one for key, one in counts.items() if not one.is_applied}
        if self.causes and (pending or self.told != self.told_by_code):
            # Of a stream that was never processed, or whose events were moved, nothing is known to be
            # applied: its rows are left as they are.
            known = {key: one for key, one in pending.items() if one.applied > 0 and one.version}
            applied = {key: one for key, one in folded.items() if key not in pending}
            applied |= fold(known, applied_only=True)
            found.by_code = write_folded(applied, keep_changes=True, dry=True, told=self.told_by_code).changes
        else:
            self.told_by_code |= self.told
        return found
