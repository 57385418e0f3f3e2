"""The version of all that turns events into rows."""

from apps.metrics import processors
from apps.metrics.formulas import FORMULAS

# Grows by what a removed processor or formula had, so that the sum never falls.
RETIRED = 0
PROCESSORS = tuple(p for p in vars(processors).values() if isinstance(p, processors.Processor))

# An integer that only grows, as each part of it does: a stream made by a smaller one is stale.
VERSION = RETIRED + sum(p.version for p in PROCESSORS) + sum(f.version for f in FORMULAS)
