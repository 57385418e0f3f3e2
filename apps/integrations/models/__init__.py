"""How a team is connected to GitHub, and which repositories it follows."""

from .credential import IntegrationCredential
from .deliveries import Reconciliation, RefusedDelivery, WebhookEndpoint, new_key
from .integration import GitHubIntegration
from .ownership import OtherTeam
from .purge import Purge
from .repository import AvailableRepository, TrackedRepository

__all__ = [
    "AvailableRepository",
    "GitHubIntegration",
    "IntegrationCredential",
    "OtherTeam",
    "Purge",
    "Reconciliation",
    "RefusedDelivery",
    "TrackedRepository",
    "WebhookEndpoint",
    "new_key",
]
