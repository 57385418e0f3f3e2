"""Real repositories that others recorded, backfilled over HTTP; and real deliveries, imported and replayed.

What the rows must be is computed here from the recorded JSON, by nothing of the project. The recordings are
not part of it: TFORMANCE_PAYLOADS names their folder, else all of this is skipped.
"""
