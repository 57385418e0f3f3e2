from msgspec import UNSET

from .payloads import PullRequestReviewDelivery
from .processor import processor
from .state import StreamState


@processor(PullRequestReviewDelivery, version=1)
def handle_pull_request_review_event(delivery: PullRequestReviewDelivery, into: StreamState) -> None:
    """`pull_request_review`, any action: the review, and the simple pull request that a delivery carries."""
    into.add_review(delivery.review)
    into.add_name(delivery.repository)
    if delivery.pull_request is not UNSET:
        into.add_pull_request(delivery.pull_request)
