"""Pages over the log: the list of events, one event, its payload, what changed, a pull request's timeline."""
