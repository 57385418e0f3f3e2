"""How a delivery's headers are stored, and that they come back as they were."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.metrics.models import PullRequest
from apps.teams.factories import TeamFactory
from ingest.log.append import append
from ingest.log.headers import NAMES, packed, unpacked
from ingest.models import RawGitHubEvent
from ingest.replay.processing import process
from ingest.standin.world import World
from tests.payloads import as_bytes, delivered, delivery, moment, pull_request

NAME = st.one_of(st.sampled_from(NAMES), st.text(max_size=20))


@given(st.dictionaries(NAME, st.text(max_size=20)))
def test_what_was_packed_is_unpacked(headers: dict[str, str]) -> None:
    stored = json.loads(json.dumps(packed(headers)))
    assert unpacked(stored) == headers


def stored_text(event_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT headers FROM ingest_rawgithubevent WHERE id = %s", [event_id])
        return str(cursor.fetchone()[0])


def store(headers: dict[str, str], body: Any = None) -> RawGitHubEvent:
    team = TeamFactory.create()
    done = append(team, [delivered(body or {}, None, event_type="ping", headers=headers)])
    return RawGitHubEvent.objects.get(pk=done.ids[0])


@pytest.mark.django_db
def test_of_a_delivery_of_githubs_only_the_values_are_stored() -> None:
    (first, *_) = World.generate(pulls=1, now=moment()).deliveries(1, "secret")
    headers = {name: first.headers[name] for name in NAMES}
    event = store(headers)
    assert json.loads(stored_text(event.pk)) == list(headers.values())
    assert event.headers == headers
    assert RawGitHubEvent.objects.filter(pk=event.pk).values_list("headers", flat=True)[0] == headers


@pytest.mark.django_db
def test_one_more_name_and_the_names_are_stored_too() -> None:
    headers = {"Content-Type": "application/json", "X-Other": "1"}
    event = store(headers)
    assert json.loads(stored_text(event.pk)) == headers
    assert event.headers == headers


@pytest.mark.django_db
def test_a_form_is_known_by_its_headers_at_replay() -> None:
    team = TeamFactory.create()
    body = b"payload=" + quote_plus(as_bytes(delivery(pull_request(title="a+b & c")))).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-GitHub-Event": "pull_request"}
    process(sorted(append(team, [delivered(body, event_type="pull_request", headers=headers)]).streams))
    assert PullRequest.for_team(team).get().title == "a+b & c"
