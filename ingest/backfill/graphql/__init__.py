"""The second way to fetch the same facts: many pull requests in one query. See docs/backfill.md."""
