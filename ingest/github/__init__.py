"""GitHub's REST API: asking it, and what it can answer."""
