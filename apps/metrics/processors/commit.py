from .payloads import CommitDelivery
from .processor import processor
from .state import StreamState


@processor(CommitDelivery, version=1)
def handle_commit_event(delivery: CommitDelivery, into: StreamState) -> None:
    """A commit of a pull request, as the API lists it. GitHub delivers none; `push` is ignored on purpose."""
    into.add_commit(delivery.commit)
    into.add_name(delivery.repository)
