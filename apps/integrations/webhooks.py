"""`POST /webhooks/github/`: verify, store, answer 202. Everything else happens elsewhere.

GitHub waits ten seconds, sends nothing again by itself, and shows each answer that is no 2xx in red to the
owner of the hook.
"""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from apps.integrations.services import github_webhooks
from apps.integrations.services.webhooks import refusals
from apps.integrations.services.webhooks.headers import kept
from ingest.live import hints
from ingest.log import content, envelope
from ingest.log.delivering import append_delivery
from ingest.log.facts import NewEvent
from ingest.models import RawGitHubEvent

logger = logging.getLogger(__name__)

# GitHub sends no larger ones (documentation of "Webhook events and payloads").
LARGEST = 25 * 2**20
RETRY_SECONDS = "60"


@method_decorator(csrf_exempt, name="dispatch")
class Deliveries(View):
    """202 stored or known; 400 no delivery of GitHub's; 403 not signed by a secret of ours; 413; 503."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, key: str = "") -> HttpResponseBase:
        try:
            return self._take(request, key)
        except (OperationalError, InterfaceError) as error:
            # GitHub shows the failure to the hook's owner, and reconcile brings the delivery back.
            logger.error("a delivery could not be stored: %s", error)
            answer = _say("the database does not answer", 503)
            answer["Retry-After"] = RETRY_SECONDS
            return answer

    def _take(self, request: HttpRequest, key: str) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return _say("Content-Length is no number", 400)
        if int(length) > LARGEST:
            return _say("larger than any delivery of GitHub's", 413)
        # Not `request.body`, whose limit is meant for forms.
        body = request.read()
        kind = request.headers.get("Content-Type", "")
        if key:
            candidates = github_webhooks.candidates_of_key(key)
        else:
            hook_id = request.headers.get("X-GitHub-Hook-ID", "")
            candidates = github_webhooks.candidates_of_delivery(hook_id, body, kind)
        signed = github_webhooks.signed_for(candidates, body, request.headers.get("X-Hub-Signature-256", ""))
        if not signed:
            refusals.count("signature" if candidates else "no team")
            return _say("the signature fits no secret of this address", 403)
        return self._store(request, signed, body)

    def _store(self, request: HttpRequest, team_ids: list[int], body: bytes) -> HttpResponse:
        event_type = request.headers.get("X-GitHub-Event", "")
        delivery_id = request.headers.get("X-GitHub-Delivery", "")
        if not 0 < len(event_type) <= 100 or not 0 < len(delivery_id) <= 200:
            return _say("X-GitHub-Event and X-GitHub-Delivery are missing, or too long", 400)
        headers = kept(request.headers)
        event = NewEvent(
            source=RawGitHubEvent.Source.WEBHOOK,
            event_type=event_type,
            action=envelope.action_of(content.json_bytes(body, headers)),
            delivery_id=delivery_id,
            headers=headers,
            body=body,
            received_at=timezone.now(),
        )
        results = [append_delivery(team_id, event) for team_id in team_ids]
        if any(done.wakes for done in results):
            hints.look_soon()
        return _say("stored" if any(done.ids for done in results) else "known", 202)


def _say(sentence: str, status: int) -> HttpResponse:
    return JsonResponse({"message": sentence}, status=status)
