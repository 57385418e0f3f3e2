"""The processors: one file per event type, all behind one signature (see `processor.Processor`).

They are pure: payload and state in, state out. `ingest/routing.py` says which event type goes to which.
"""

from .calculations import (
    _calculate_cycle_time_hours,
    _calculate_time_diff_hours,
    _determine_pr_state,
    _get_team_member_by_github_id,
    _parse_github_timestamp,
)
from .commit import handle_commit_event
from .errors import Unreadable
from .ping import handle_ping_event
from .processor import Processor
from .pull_request import handle_pull_request_event
from .pull_request_review import handle_pull_request_review_event
from .repository import handle_repository_event
from .state import StreamState

__all__ = [
    "Processor",
    "StreamState",
    "Unreadable",
    "_calculate_cycle_time_hours",
    "_calculate_time_diff_hours",
    "_determine_pr_state",
    "_get_team_member_by_github_id",
    "_parse_github_timestamp",
    "handle_commit_event",
    "handle_ping_event",
    "handle_pull_request_event",
    "handle_pull_request_review_event",
    "handle_repository_event",
]
