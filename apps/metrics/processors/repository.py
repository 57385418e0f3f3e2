from .payloads import RepositoryDelivery
from .processor import processor
from .state import StreamState


@processor(RepositoryDelivery, version=1)
def handle_repository_event(delivery: RepositoryDelivery, into: StreamState) -> None:
    """`repository`: renamed, transferred, deleted, privatized and the rest; the id stays what it was."""
    into.add_name(delivery.repository)
    into.add_repository(delivery.repository, delivery.action)
