"""The team's webhook on a repository: made, adopted, directed to the site's address and removed.

All of it can be called again. No hook that is not ours (`hooks`) is ever changed or deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from apps.integrations.models import Reconciliation, TrackedRepository
from apps.integrations.services.credentials import has_token, mark_revoked, token_source
from apps.integrations.services.encryption import Undecryptable
from apps.integrations.services.github_client import client_for
from apps.integrations.services.github_writing import Refused, change
from apps.integrations.services.webhooks.hooks import Hook, address_of, is_misdirected, read_hook
from apps.integrations.services.webhooks.problems import NOT_SET, sentence
from apps.integrations.services.webhooks.rotation import finish, note_told, secret_of
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


@dataclass(frozen=True)
class _Place:
    """The hooks of one repository, under its present name. `known`: the id that is stored, else 0."""

    path: str
    url: str
    known: int
    client: GitHubClient
    token: Callable[[], str]

    def ours(self) -> list[int]:
        """The one at the team's address; then the stored one, where it is at a former address."""
        here: list[int] = []
        elsewhere: list[int] = []
        for page in self.client.pages(self.path):
            for hook in filter(None, map(read_hook, cut(page))):
                if hook.config.url == self.url:
                    here.append(hook.id)
                elif self.is_ours(hook):
                    elsewhere.append(hook.id)
        return here[:1] + elsewhere

    def is_ours(self, hook: Hook) -> bool:
        return hook.config.url == self.url or (hook.id == self.known and is_misdirected(hook, self.url))

    @sensitive_variables("given", "secret")
    def make(self, secret: str) -> int:
        given = {
            "name": "web",
            "active": True,
            "events": EVENTS,
            "config": {"url": self.url, "content_type": "json", "insecure_ssl": "0", "secret": secret},
        }
        found = self.ours()
        if not found:
            try:
                return self._id(self._change("POST", self.path, given).body)
            except Refused:
                # Another worker made it since we looked: GitHub takes an address once.
                found = self.ours()
                if not found:
                    raise
        # GitHub shows no secret of a hook that is there, so that ours is set again.
        kept, *second = found
        self._change("PATCH", f"{self.path}/{kept}", given)
        for hook_id in second:
            # Nothing would ever come of it, and nobody would know its id any more.
            self._change("DELETE", f"{self.path}/{hook_id}")
        return kept

    def remove(self) -> None:
        try:
            hook = read_hook(self.client.get(f"{self.path}/{self.known}").body)
            if hook is not None and self.is_ours(hook):
                self._change("DELETE", f"{self.path}/{self.known}")
        except NotFoundOrNoPermission:
            # It is gone; where the whole list may not be read, this raises again.
            self.client.get(self.path)

    @sensitive_variables("given")
    def _change(self, method: str, path: str, given: dict[str, Any] | None = None) -> Answer:
        self.client.make_room(CHANGE_POINTS)
        return change(self.token, method, path, given)

    def _id(self, body: bytes) -> int:
        hook = read_hook(body)
        if hook is None:
            raise UnexpectedAnswer("GitHub made a webhook and did not say which.", url=self.url)
        return hook.id


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

    Whether a hook was made again that was lost (`noticing`): nothing was delivered meanwhile.
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
        _place(tracked, client).remove()


def _place(tracked: TrackedRepository, client: GitHubClient) -> _Place:
    found = find_again(client.get, tracked.github_repo_id, tracked.full_name)
    if not NAME.fullmatch(found.full_name):
        raise UnexpectedAnswer("GitHub gave the repository a name that none has.", url="")
    token = token_source(tracked.integration.credential)
    url, known = address_of(tracked.team), tracked.webhook_id or 0
    return _Place(f"repos/{found.full_name}/hooks", url, known, client, token)


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
