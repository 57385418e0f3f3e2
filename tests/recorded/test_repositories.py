"""A repository that others recorded is backfilled over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from ingest.models import RawGitHubEvent
from tests.recorded.conftest import assert_rows, told
from tests.recorded.recordings import Json, Recorded, needs_payloads, repositories
from tests.recorded.serving import serving
from tests.recorded.truth import true_commits, true_reviews, truth

Manage = Callable[..., CompletedProcess[str]]
REPOSITORIES = repositories()


@needs_payloads
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_recorded_repository_is_backfilled(name: str, run_manage: Manage) -> None:
    recorded = REPOSITORIES[name]
    with serving(recorded) as url:
        asked = ("backfill", recorded.repository["full_name"], "--team", "t", "--all", "--format", "json")
        report = told(run_manage(*asked, GITHUB_API_URL=url, GITHUB_TOKEN="recorded"))
        stored = RawGitHubEvent.objects.count()
        assert_true(recorded, report)
        again = told(run_manage(*asked, GITHUB_API_URL=url, GITHUB_TOKEN="recorded"))
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
