from .payloads import PingDelivery
from .processor import processor
from .state import StreamState


@processor(PingDelivery, version=1)
def handle_ping_event(delivery: PingDelivery, into: StreamState) -> None:
    """`ping`: GitHub's first call of a new hook names the repository."""
    into.add_name(delivery.repository)
