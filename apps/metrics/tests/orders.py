"""A pull request's row by its events, whatever order they come in."""

import itertools

from tests.processed import folded


def row(team, *events):
    """The pull request's row, the same in any order and however often an event comes."""
    rows = [
        {**found.pull_request, "last_event_id": None}
        for order in itertools.permutations(events)
        for found in (folded(team, *order), folded(team, *order, *order))
    ]
    assert all(one == rows[0] for one in rows)
    return rows[0]


def pick(found, *names):
    return tuple(found[name] for name in names)
