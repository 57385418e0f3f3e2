"""Backfills and syncs: whose turn it is, when the next one is due, and what people see of them."""
