"""Backfill: a repository's history from GitHub into the log. See docs/backfill.md."""
