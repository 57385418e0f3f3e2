"""`make demo`: a backfill from the GitHub stand-in, on a database of its own, and the pages over it."""
