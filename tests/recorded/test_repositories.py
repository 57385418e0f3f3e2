"""A repository that others recorded is backfilled over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from ingest.models import RawGitHubEvent
from tests.recorded.conftest import assert_rows, told
from tests.recorded.recordings import Json, Recorded, needs_payloads, repositories
from tests.recorded.serving import serving
from tests.recorded.truth import true_commits, true_reviews, truth

REPOSITORIES = repositories()


@needs_payloads
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_recorded_repository_is_backfilled(name: str, settings: Any) -> None:
    recorded = REPOSITORIES[name]
    settings.GITHUB_TOKEN = "recorded"
    asked = ("backfill", recorded.repository["full_name"], "--team", "t", "--all")
    with serving(recorded) as settings.GITHUB_API_URL:
        report = told(*asked)
        stored = RawGitHubEvent.objects.count()
        assert_true(recorded, report)
        again = told(*asked)
    assert (again["events_stored"], RawGitHubEvent.objects.count()) == (0, stored)
    assert_true(recorded, again)


def assert_true(recorded: Recorded, report: Json) -> None:
    impossible = recorded.impossible()
    pulls = [pull for pull in recorded.pulls() if pull["number"] not in impossible]
    numbers = [pull["number"] for pull in pulls]
    assert (report["parked"] > 0) == bool(impossible)
    assert report["failed"] == len(set(numbers) - recorded.details.keys())
    assert_rows(
        [truth(pull, recorded.of(pull["number"], "reviews")) for pull in pulls],
        [row for n in numbers for row in true_reviews(n, recorded.of(n, "reviews"))],
        [row for n in numbers for row in true_commits(n, recorded.of(n, "commits"))],
    )
