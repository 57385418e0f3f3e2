"""Finding the deliveries that never arrived or failed with us, and fetching them into the log.

GitHub sends nothing twice by itself, and lists what it sent for three days (seven on Enterprise Server). What
is older, or may not be read, is found by comparing with the API: `comparison` says from when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from apps.integrations.models import Reconciliation, TrackedRepository
from apps.integrations.services.webhooks.github_deliveries import NoPayload, Row, by_guid, event_of, rows_of
from apps.integrations.services.webhooks.hooks import address_of, is_here, is_misdirected, read_hook
from apps.integrations.services.webhooks.noticing import note_directed, note_lost, note_misdirected
from ingest.backfill.repository import find_again
from ingest.backfill.starting import watermark
from ingest.github.answer import Answer
from ingest.github.client import PER_PAGE, GitHubClient
from ingest.github.errors import (
    Forbidden,
    GitHubError,
    NotFoundOrNoPermission,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
)
from ingest.log.append import append
from ingest.models import RawGitHubEvent

# How long github.com keeps deliveries (documentation of "Viewing webhook deliveries").
KEPT = timedelta(days=3)
# A delivery is listed when its attempt is over, and by then others that began later may be.
OVERLAP = timedelta(hours=1)
# After so many that GitHub fails to give one after the other it is not the delivery's fault.
FAILURES_IN_A_ROW = 3
# Where deliveries can't be read, how long the last comparison with the API counts.
COMPARED_FOR = timedelta(hours=1)
# How a hook is lost, and how it is ours and sends elsewhere.
DELETED, SWITCHED_OFF, GIVEN_AWAY = "deleted", "switched off", "given another address"
MISDIRECTED = "misdirected"


@dataclass
class Found:
    """What one look at a repository's deliveries found.

    `lost`: how the hook was lost at GitHub, or that it is misdirected, which its row says then too.
    `listed` rows at GitHub, of which `missing` events were not in the log: `restored` now, or `unfetched`
    (their newest problem is `problem`). `unreadable`: why the list can't be read. `complete`: all was looked
    at. `compare_since`: what changed since then is to be fetched through the API, for `compare_reason`; with
    a reason and no time, nothing was ever fetched.
    """

    listed: int = 0
    missing: int = 0
    restored: int = 0
    requests: int = 0
    complete: bool = False
    lost: str = ""
    unreadable: str = ""
    problem: str = ""
    compare_reason: str = ""
    compare_since: datetime | None = None
    # By delivery id, when each was first delivered. It moves out when another attempt's row can be fetched.
    unfetched: dict[str, datetime] = field(default_factory=dict)


def reconcile(
    tracked: TrackedRepository,
    client: GitHubClient,
    *,
    enough: Callable[[], bool] = lambda: False,
    progress: Callable[[Found], None] = lambda found: None,
) -> Found:
    """Fetch what the log lacks of the deliveries to the repository's hook. Can be killed and called again.

    `enough`: asked before each delivery, ends the work for now. Raises a GitHubError where there is no going
    on (a limit is noted, so that nobody asks before it is over), and what the database raises.
    """
    checkpoint = checkpoint_of(tracked)
    look = _Look(tracked, checkpoint, client, enough, progress)
    try:
        look.go()
    except RateLimited as limit:
        _end(checkpoint, not_before=limit.reset_at)
        raise
    except GitHubError as error:
        _end(checkpoint, problem=str(error))
        raise
    found = look.found
    if found.lost == MISDIRECTED:
        note_misdirected(tracked, checkpoint.hook_id)
    elif found.lost:
        note_lost(tracked, checkpoint.hook_id, found.lost)
    elif not found.unreadable:
        note_directed(tracked, checkpoint.hook_id)
    seen_until = {"seen_until": look.seen_until()} if found.complete and not found.compare_reason else {}
    _end(checkpoint, problem=found.unreadable or found.problem, **seen_until)
    return found


def checkpoint_of(tracked: TrackedRepository) -> Reconciliation:
    """Of another hook nothing is known: GitHub lists the deliveries of each by itself."""
    if tracked.webhook_id is None:
        raise ValueError(f"{tracked} has no hook")
    row, _ = Reconciliation.objects.get_or_create(
        tracked=tracked, defaults={"team": tracked.team, "hook_id": tracked.webhook_id}
    )
    if row.hook_id != tracked.webhook_id:
        row.hook_id, row.seen_until = tracked.webhook_id, None
        row.save(update_fields=["hook_id", "seen_until", "updated_at"])
    return row


def _end(
    checkpoint: Reconciliation,
    *,
    problem: str = "",
    not_before: datetime | None = None,
    seen_until: datetime | None = None,
) -> None:
    checkpoint.tried_at = timezone.now()
    checkpoint.problem, checkpoint.not_before = problem, not_before
    if seen_until is not None:
        checkpoint.seen_until = seen_until
    checkpoint.save(update_fields=["tried_at", "problem", "not_before", "seen_until", "updated_at"])


def covered_until(tracked: TrackedRepository) -> datetime | None:
    """What happened before is in the log, as far as looks and backfills know; None: nothing ever was."""
    return _covered(tracked, Reconciliation.objects.filter(tracked=tracked).first())


def _covered(tracked: TrackedRepository, checkpoint: Reconciliation | None) -> datetime | None:
    seen_until = checkpoint.seen_until if checkpoint else None
    known = (seen_until, watermark(tracked.team, tracked.github_repo_id))
    return max((time for time in known if time), default=None)


class _Look:
    def __init__(
        self,
        tracked: TrackedRepository,
        checkpoint: Reconciliation,
        client: GitHubClient,
        enough: Callable[[], bool],
        progress: Callable[[Found], None],
    ) -> None:
        self.tracked = tracked
        self.checkpoint = checkpoint
        self.client = client
        self.found = Found()
        self._enough = enough
        self._progress = progress
        self._began: datetime = timezone.now()
        self._failures = 0

    def go(self) -> None:
        repository = find_again(self._get, self.tracked.github_repo_id, self.tracked.full_name)
        # GitHub's clock, asked before the list: what is delivered from here on is the next look's.
        self._began = repository.asked_at or self._began
        hooks = f"repos/{repository.full_name}/hooks"
        try:
            self.found.lost = self._lost(hooks)
            if self.found.lost == DELETED:
                self.found.unreadable = "The webhook was deleted at GitHub."
            else:
                self.found.complete = self._read(f"{hooks}/{self.checkpoint.hook_id}/deliveries")
        except (NotFoundOrNoPermission, Forbidden) as error:
            self.found.unreadable = str(error)
        self._compare()

    def _lost(self, hooks: str) -> str:
        try:
            answer = self._get(f"{hooks}/{self.checkpoint.hook_id}")
        except NotFoundOrNoPermission:
            # Where hooks may not be seen at all, this raises again.
            self._get(hooks)
            return DELETED
        hook, address = read_hook(answer.body), address_of(self.tracked.team)
        if hook is None:
            return ""
        if is_misdirected(hook, address):
            return MISDIRECTED
        if not hook.active:
            return SWITCHED_OFF
        return "" if is_here(hook, address) else GIVEN_AWAY

    def seen_until(self) -> datetime:
        """Never past what could not be fetched."""
        return min([self._began, *self.found.unfetched.values()])

    def _read(self, place: str) -> bool:
        """Whether all was looked at. A page at a time: what one restored is known to the next."""
        seen_until = self.checkpoint.seen_until
        stop = seen_until - OVERLAP if seen_until else None
        for page in self.client.pages(place, {"per_page": PER_PAGE}):
            self.found.requests += 1
            rows = rows_of(page)
            wanted = [row for row in rows if stop is None or row.delivered_at >= stop]
            self.found.listed += len(wanted)
            if not self._restore_page(place, wanted):
                return False
            self._progress(self.found)
            if stop and rows and rows[-1].delivered_at < stop:
                break
        return True

    def _restore_page(self, place: str, rows: list[Row]) -> bool:
        attempts = by_guid(rows)
        events = RawGitHubEvent.for_team(self.tracked.team).filter(delivery_id__in=list(attempts))
        known = set(events.values_list("delivery_id", flat=True))
        for guid, tried in attempts.items():
            if guid in known:
                continue
            if self._enough():
                return False
            self._restore(place, guid, tried)
            self._progress(self.found)
        return True

    def _restore(self, place: str, guid: str, tried: list[Row]) -> None:
        """From any of its attempts: each holds the same payload."""
        self.found.missing += guid not in self.found.unfetched
        for row in tried:
            try:
                answer = self._get(f"{place}/{row.id}")
                event = event_of(answer, row, self.tracked.github_repo_id, self.tracked.full_name)
            except (NotFoundOrNoPermission, Unavailable, UnexpectedAnswer) as error:
                self._fail(error)
                continue
            self._failures = 0
            # A delivery that arrives at this moment is a duplicate of it, or the other way round.
            self.found.restored += len(append(self.tracked.team, [event]).ids)
            self.found.unfetched.pop(guid, None)
            return
        first = min(row.delivered_at for row in tried)
        self.found.unfetched[guid] = min(first, self.found.unfetched.get(guid, first))

    def _fail(self, error: GitHubError) -> None:
        self.found.problem = str(error)
        if isinstance(error, NotFoundOrNoPermission | NoPayload):
            # It may have gone while the list was read. Another attempt of it may be there still.
            return
        self._failures += 1
        if self._failures >= FAILURES_IN_A_ROW:
            raise error

    def _get(self, path: str) -> Answer:
        self.found.requests += 1
        return self.client.get(path)

    def _compare(self) -> None:
        """What lies further back than the list reaches is covered by the last look or the last backfill."""
        covered = _covered(self.tracked, self.checkpoint)
        if self.found.unreadable:
            reason, oldest = "the deliveries may not be read", self._began - COMPARED_FOR
        else:
            reason = f"GitHub keeps deliveries for {KEPT.days} days"
            oldest = self._began - KEPT + OVERLAP
        if covered is None or covered < oldest:
            self.found.compare_reason, self.found.compare_since = reason, covered
