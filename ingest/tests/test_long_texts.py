"""Text of any length stops nothing: an index of PostgreSQL takes no entry over 2,704 bytes.

The texts here are random, since what repeats itself is packed into an entry that fits.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from apps.metrics.models import Commit, PRReview, PullRequest, Repository
from apps.metrics.processors.values import LONGEST_NAME
from apps.teams.factories import TeamFactory
from ingest.log.append import append
from ingest.log.delivering import append_delivery
from ingest.models import ParkedEvent, RawGitHubEvent
from ingest.replay.replaying import verify
from ingest.replay.scope import Scope
from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    moment,
    pull_request,
    repository,
    repository_delivery,
    review,
    review_delivery,
    user,
)
from tests.processed import store_and_process

from .bundle_events import line

pytestmark = pytest.mark.django_db

# Each is bounded where it is read: the login and the name are no longer than any at GitHub, the path is one
# of ours, a longer address than GitHub's has no validator (`validating.LONGEST_URL`).
BOUNDED = {"RawGitHubEvent.actor", "PullRequest.github_repo", "ParkedEvent.path", "Validator.url"}


def noise(length: int = 4000) -> str:
    return "".join(map(chr, random.Random(length).choices(range(0x4E00, 0x9FA0), k=length)))


def indexed(model: Any) -> Iterator[str]:
    for index in model._meta.indexes:
        yield from (name.lstrip("-") for name in index.fields)
        for expression in index.expressions:
            inner: list[Any] = [expression, *getattr(expression, "get_source_expressions", list)()]
            yield from (part.name for part in inner if hasattr(part, "name"))
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            yield from constraint.fields
    yield from (field.name for field in model._meta.concrete_fields if field.unique or field.db_index)


def test_texts_in_an_index_have_a_bound() -> None:
    found = {
        f"{model.__name__}.{name}"
        for label in ("metrics", "ingest")
        for model in apps.get_app_config(label).get_models()
        for name in indexed(model)
        if isinstance(model._meta.get_field(name), models.TextField)
    }
    assert found == BOUNDED


def by(login: str, action: str = "opened") -> Any:
    return delivery(pull_request(7, user=user(login)), action, sender=user(login))


def test_an_event_by_a_long_login_is_stored() -> None:
    team = TeamFactory()
    append(team, [delivered(by(noise()), moment(hours=n)) for n in range(30)])
    append_delivery(team.pk, delivered(by(noise(), "edited"), moment(hours=40)))
    assert set(RawGitHubEvent.objects.values_list("actor", flat=True)) == {noise()[:100]}
    assert RawGitHubEvent.objects.count() == 31


def test_a_line_with_a_long_login_is_imported(tmp_path: Any, run_import: Any) -> None:
    bundle = tmp_path / "a.ndjson"
    bundle.write_bytes(b"\n".join(line(payload=by(login)) for login in ("alice", noise(), "bob")))
    status, report, _ = run_import(str(bundle), "--team", "acme", "--replay")
    assert (status, report["stored"], report["replay"]["parked"]) == (0, 3, 0)


def test_columns_without_an_index_take_it_whole() -> None:
    team = TeamFactory()
    who, long = user(noise()), noise()
    pull = pull_request(
        7,
        user=who,
        title=long,
        body=f"Reverts acme/{long}#5",
        head={"ref": long},
        base={"ref": long},
        labels=[{"name": long}],
    )
    told = repository_delivery("edited", repository(default_branch=long))
    store_and_process(
        team,
        fetched(pull),
        fetched(review(user=who), number=7),
        fetched(commit(author=who, commit={"message": long})),
        delivered(told),
    )
    assert not ParkedEvent.objects.exists()
    row = PullRequest.objects.get()
    assert (row.title, row.head_ref, row.author_login, row.labels) == (long, long, long, [long])
    assert long in row.reverts
    assert PRReview.objects.get().reviewer_login == Commit.objects.get().message == long
    assert Repository.objects.get().default_branch == long


def named(name: str, **changes: Any) -> Any:
    return pull_request(8, repo=repository(name), title="Named", **changes)


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (delivered(delivery(named(noise())), moment(hours=5)), "$.pull_request.head.repo.full_name"),
        (delivered(repository_delivery(repo=repository(noise()))), "$.repository.full_name"),
        (fetched(named(noise())), "$.head.repo.full_name"),
        (fetched(review(), number=7, repository=noise()), ""),
        (fetched(commit(), number=7, repository=noise()), ""),
    ],
)
def test_a_long_name_of_a_repository_parks_its_event_alone(event: Any, path: str) -> None:
    team = TeamFactory()
    store_and_process(team, fetched(pull_request(7)), event, fetched(pull_request(9)))
    parked = ParkedEvent.objects.get()
    assert (parked.error, parked.path) == ("Unreadable", path)
    assert str(LONGEST_NAME) in parked.message
    assert set(PullRequest.objects.values_list("number", "github_repo")) == {
        (7, "acme/shop"),
        (9, "acme/shop"),
    }
    assert verify(Scope()).changed == 0


def test_a_name_as_long_as_can_be_is_taken() -> None:
    team, longest = TeamFactory(), noise(LONGEST_NAME)
    store_and_process(team, fetched(named(longest)), fetched(review(), number=8, repository=longest))
    assert PullRequest.objects.get().github_repo == longest
    assert PRReview.objects.count() == 1


def test_a_value_that_the_failure_quotes_is_parked_with_its_place() -> None:
    team = TeamFactory()
    odd = review_delivery(review(state=f"x - at `{noise()}`"))
    store_and_process(team, fetched(pull_request(7)), delivered(odd))
    assert ParkedEvent.objects.get().path == "$.review.state"
