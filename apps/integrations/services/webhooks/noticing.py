"""What a look at a hook noticed, written where people and beat find it."""

from __future__ import annotations

from django.utils import timezone

from apps.integrations.models import TrackedRepository

MISDIRECTED = (
    "Webhook misdirected: it sends to the address that this site had before. Try it again to have it send"
    " here; until then what it sends is fetched from GitHub's list every quarter of an hour."
)


def note_lost(tracked: TrackedRepository, hook_id: int, how: str) -> None:
    """GitHub has the hook no more, or sends nothing to us by it. It is made again when somebody asks."""
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


def note_misdirected(tracked: TrackedRepository, hook_id: int) -> None:
    """The site has moved since it was made. It follows when somebody asks: by itself it would also follow a
    copy of the site that is made to try something out."""
    rows = TrackedRepository.objects.filter(pk=tracked.pk, is_active=True, webhook_id=hook_id)
    # What else is known of it, or is about to be done, says more.
    rows.filter(webhook_problem="", webhook_secret_old=False).update(
        webhook_wanted=True, webhook_problem=MISDIRECTED, updated_at=timezone.now()
    )


def note_directed(tracked: TrackedRepository, hook_id: int) -> None:
    """It sends here: SITE_URL was wrong for a while, or somebody has changed the hook at GitHub."""
    rows = TrackedRepository.objects.filter(pk=tracked.pk, webhook_id=hook_id, webhook_problem=MISDIRECTED)
    rows.update(webhook_problem="", updated_at=timezone.now())
