"""The team's webhook on a repository: made, adopted and removed. All of it can be called again.

Ours is the one hook whose address is exactly the team's. No other is ever changed or deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.integrations.models import Reconciliation, TrackedRepository
from apps.integrations.services.credentials import has_token, mark_revoked, token_source
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_client import client_for
from apps.integrations.services.github_webhooks import endpoint_of
from apps.integrations.services.github_writing import Refused, change
from apps.integrations.services.webhooks.problems import NOT_SET, sentence
from apps.integrations.services.webhooks.rotation import finish, note_told, secret_of
from apps.teams.models import Team
from ingest.backfill.items import cut
from ingest.backfill.repository import NAME, find_again
from ingest.github.addresses import is_loopback
from ingest.github.answer import Answer
from ingest.github.client import GitHubClient
from ingest.github.errors import (
    CredentialRevoked,
    GitHubError,
    NotFoundOrNoPermission,
    RateLimited,
    UnexpectedAnswer,
)

# Of those that GitHub allows in a minute ("Rate limits for the REST API").
CHANGE_POINTS = 5
# Everything: what no processor reads today is stored, and replayed once one does.
EVENTS = ["*"]
# When what may pass by itself is tried again, and when a message that nobody took counts as lost.
AGAIN = timedelta(minutes=5)
LOST = timedelta(minutes=1)


class _Config(msgspec.Struct, gc=False):
    url: str = ""


class _Hook(msgspec.Struct, gc=False):
    id: int
    active: bool = True
    config: _Config = msgspec.field(default_factory=_Config)


_hook = msgspec.json.Decoder(_Hook)


@dataclass(frozen=True)
class _Place:
    """The hooks of one repository, under its present name."""

    path: str
    url: str
    client: GitHubClient
    token: Callable[[], str]

    def ours(self) -> int | None:
        for page in self.client.pages(self.path):
            for body in cut(page):
                hook = _read(body)
                if hook is not None and hook.config.url == self.url:
                    return hook.id
        return None

    @sensitive_variables("given", "secret")
    def make(self, secret: str) -> int:
        given = {
            "name": "web",
            "active": True,
            "events": EVENTS,
            "config": {"url": self.url, "content_type": "json", "insecure_ssl": "0", "secret": secret},
        }
        found = self.ours()
        if found is None:
            try:
                return self._id(self._change("POST", self.path, given).body)
            except Refused:
                # Another worker made it since we looked: GitHub takes an address once.
                found = self.ours()
                if found is None:
                    raise
        # GitHub shows no secret of a hook that is there, so that ours is set again.
        self._change("PATCH", f"{self.path}/{found}", given)
        return found

    def remove(self, hook_id: int) -> None:
        try:
            hook = _read(self.client.get(f"{self.path}/{hook_id}").body)
            if hook is not None and hook.config.url == self.url:
                self._change("DELETE", f"{self.path}/{hook_id}")
        except NotFoundOrNoPermission:
            # It is gone; where the whole list may not be read, this raises again.
            self.client.get(self.path)

    @sensitive_variables("given")
    def _change(self, method: str, path: str, given: dict[str, Any] | None = None) -> Answer:
        self.client.make_room(CHANGE_POINTS)
        return change(self.token, method, path, given)

    def _id(self, body: bytes) -> int:
        hook = _read(body)
        if hook is None:
            raise UnexpectedAnswer("GitHub made a webhook and did not say which.", url=self.url)
        return hook.id


def is_active_hook(body: bytes) -> bool:
    """Whether GitHub sends to the hook that it has shown."""
    hook = _read(body)
    return hook is None or hook.active


def address_of(team: Team) -> str:
    """Where GitHub sends the team's deliveries."""
    return settings.SITE_URL + reverse("integrations:team_deliveries", args=[endpoint_of(team).key])


def unreachable_site() -> str:
    """Why GitHub can't deliver to this installation, as far as its address tells; else empty."""
    if is_loopback(settings.SITE_URL) and not is_loopback(settings.GITHUB_API_URL):
        return (
            f"GitHub can't reach {settings.SITE_URL}, which is this machine's own address. Set SITE_URL to an"
            " address that GitHub can reach, restart, and try again."
        )
    return ""


def unsettled(now: datetime) -> QuerySet[TrackedRepository]:
    """Whose hook is wanted and not there, or there and not wanted, or has the former secret, and may be seen
    to now."""
    wrong = (
        Q(is_active=True, webhook_wanted=True, webhook_id=None)
        | Q(is_active=True, webhook_wanted=True, webhook_secret_old=True)
        | Q(is_active=False, webhook_wanted=False, webhook_id__isnull=False)
    )
    may = Q(webhook_problem="", updated_at__lt=now - LOST) | Q(webhook_not_before__lte=now)
    return TrackedRepository.objects.filter(wrong, may).order_by("pk")


def settle(tracked_id: int) -> bool:
    """Make or remove a repository's hook, as is wanted; what went wrong stands in its row.

    Whether a hook was made again that was lost (`note_lost`): nothing was delivered meanwhile.
    """
    tracked = (
        TrackedRepository.objects.select_related("team", "integration__credential")
        .filter(pk=tracked_id)
        .first()
    )
    if tracked is None:
        return False
    made_again = _settle(tracked)
    # Also where it failed: whose hook is not wanted any more holds nothing up.
    finish(tracked.team_id)
    return made_again


def _settle(tracked: TrackedRepository) -> bool:
    wanted = tracked.is_active and tracked.webhook_wanted
    if not wanted and tracked.webhook_id is None:
        return False
    problem = unreachable_site() if wanted else ""
    if not has_token(tracked.integration.credential):
        problem = NOT_SET
    if problem:
        _note(tracked, webhook_problem=problem, webhook_not_before=None)
        return False
    try:
        hook_id = _make(tracked) if wanted else None
        if not wanted:
            _remove(tracked)
    except (GitHubError, Undecryptable) as error:
        if isinstance(error, CredentialRevoked):
            mark_revoked(tracked.integration.credential, str(error))
        problem = sentence(error, tracked.full_name, wanted)
        _note(tracked, webhook_problem=problem, webhook_not_before=_when(error))
        return False
    TrackedRepository.objects.filter(pk=tracked.pk).update(webhook_id=hook_id)
    if not _note(tracked, webhook_problem="", webhook_not_before=None):
        # Followed or unfollowed while GitHub was asked: what was done is undone.
        return settle(tracked.pk)
    return wanted and tracked.webhook_id is None and Reconciliation.objects.filter(tracked=tracked).exists()


def note_lost(tracked: TrackedRepository, hook_id: int, how: str) -> None:
    """GitHub has the hook no more, or sends nothing to it. It is made again when somebody asks."""
    problem = (
        f"Webhook pending: it was {how} at GitHub, and nothing new arrives by itself. Try it again to have it"
        " made anew; what changed meanwhile is fetched then."
    )
    TrackedRepository.objects.filter(pk=tracked.pk, is_active=True, webhook_id=hook_id).update(
        webhook_id=None,
        webhook_wanted=True,
        webhook_problem=problem,
        webhook_not_before=None,
        updated_at=timezone.now(),
    )


@sensitive_variables("secret")
def _make(tracked: TrackedRepository) -> int:
    with client_for(tracked.integration.credential) as client:
        place = _place(tracked, client)
        # After a request: a process with wrong keys can't read the token either, and must not replace a good
        # secret because it can't read it.
        secret = secret_of(tracked.integration)
        hook_id = place.make(secret)
    note_told(tracked, secret)
    return hook_id


def _remove(tracked: TrackedRepository) -> None:
    with client_for(tracked.integration.credential) as client:
        _place(tracked, client).remove(tracked.webhook_id or 0)


def _place(tracked: TrackedRepository, client: GitHubClient) -> _Place:
    found = find_again(client.get, tracked.github_repo_id, tracked.full_name)
    if not NAME.fullmatch(found.full_name):
        raise UnexpectedAnswer("GitHub gave the repository a name that none has.", url="")
    token = token_source(tracked.integration.credential)
    return _Place(f"repos/{found.full_name}/hooks", address_of(tracked.team), client, token)


def _when(error: Exception) -> datetime | None:
    """When to try again by itself; None: not before somebody has done something about it."""
    if isinstance(error, RateLimited):
        return error.reset_at
    return timezone.now() + AGAIN if isinstance(error, GitHubError) and error.transient else None


def _note(tracked: TrackedRepository, **fields: Any) -> bool:
    """False where something else is wanted by now: then it says nothing."""
    same = TrackedRepository.objects.filter(
        pk=tracked.pk, is_active=tracked.is_active, webhook_wanted=tracked.webhook_wanted
    )
    return bool(same.update(**fields, updated_at=timezone.now()))


def _read(body: bytes) -> _Hook | None:
    try:
        return _hook.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
