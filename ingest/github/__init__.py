"""GitHub's API, REST and GraphQL: asking it, and what it can answer."""
