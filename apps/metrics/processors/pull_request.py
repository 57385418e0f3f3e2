from .payloads import PullRequestDelivery, ReadyPullRequest
from .processor import processor
from .state import StreamState


@processor(PullRequestDelivery, version=2)
def handle_pull_request_event(delivery: PullRequestDelivery, into: StreamState) -> None:
    """`pull_request`, any action: the object as it was then, and when it became ready for review."""
    found = delivery.pull_request
    if not isinstance(found, ReadyPullRequest):
        into.add_pull_request(found)
    into.add_name(delivery.repository)
    if found.base:
        into.add_name(found.base.repo)
    if delivery.action == "ready_for_review":
        into.add_ready(found.updated_at)
