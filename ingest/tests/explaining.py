"""Explaining the pull request 7 of the team acme inside a test."""

from ingest.inspection.explain import explain
from ingest.models import RawGitHubEvent, Stream
from tests.processed import store_and_process

PULL = ("--team", "acme", "--repo", "acme/shop", "--pr", "7")


def processed(team, *events_):
    """Ids of the events in the order given."""
    store_and_process(team, *events_)
    return list(RawGitHubEvent.objects.order_by("id").values_list("pk", flat=True))[-len(events_) :]


def explained(*names):
    stream = Stream.objects.get(number=7)
    return explain((stream.team_id, stream.repository_id, 7), names)


def why(name):
    (found,) = explained(name).fields
    return found


def reasons(name):
    return {lost.event_id: lost.reason for lost in why(name).lost}
