"""Who is told what was done to a team: what keeps the record stands above, and registers here at the start.

A listener is called inside the transaction of the change, with the team, who did it (an e-mail address, or a
command), the action and its particulars, which are plain JSON.
"""

from collections.abc import Callable
from typing import Any

from apps.teams.models import Team
from apps.users.models import User

LISTENERS: list[Callable[[Team, str, str, dict[str, Any]], None]] = []


def tell(team: Team, who: User | str, action: str, **detail: Any) -> None:
    for listener in LISTENERS:
        listener(team, str(who), action, detail)
