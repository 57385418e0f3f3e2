"""A processor called directly: load the rows, fold one payload, write, return the row or None."""

from decimal import Decimal

import msgspec
import pytest

from apps.metrics.factories import PRReviewFactory, PullRequestFactory, TeamMemberFactory
from apps.metrics.models import Commit, PRReview, PullRequest, Repository
from apps.metrics.processors import (
    Unreadable,
    handle_commit_event,
    handle_ping_event,
    handle_pull_request_event,
    handle_pull_request_review_event,
    handle_repository_event,
)
from apps.metrics.processors.payloads import PullRequestDelivery
from apps.teams.factories import TeamFactory
from ingest.replay.replaying import replay, verify
from ingest.replay.scope import Scope
from tests.payloads import (
    ABSENT,
    REPOSITORY_ID,
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    repository,
    repository_delivery,
    review,
    review_delivery,
    sha_of,
    simple,
    stamp,
    user,
)
from tests.processed import store_and_process
from tests.tables import tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return TeamFactory()


def test_a_new_pull_request(team):
    author = TeamMemberFactory(team=team, github_id=str(user()["id"]))
    row = handle_pull_request_event(team, delivery(pull_request(), "opened"))
    assert isinstance(row, PullRequest)
    assert (row.team, row.github_pr_id, row.number) == (team, pull_request()["id"], 7)
    assert (row.github_repo, row.author, row.state, row.additions) == ("acme/shop", author, "open", 10)
    assert (row.last_event_id, row.synced_at is not None) == (None, True)


def test_a_decoded_payload_does_the_same(team):
    decoded = msgspec.convert(delivery(pull_request()), PullRequestDelivery)
    assert handle_pull_request_event(team, decoded).title == "Change 7"


def test_a_merge(team):
    handle_pull_request_event(team, delivery(pull_request(), "opened"))
    row = handle_pull_request_event(team, delivery(merged(), "closed"))
    assert (row.state, row.merged_at, row.cycle_time_hours) == ("merged", moment(hours=24), Decimal(24))
    assert PullRequest.objects.count() == 1


def test_an_older_payload_changes_nothing(team):
    handle_pull_request_event(team, delivery(merged(), "closed"))
    before = tables(team)
    row = handle_pull_request_event(team, delivery(pull_request(), "opened"))
    assert row.state == "merged"
    assert tables(team) == before


def test_a_payload_of_the_same_second_is_the_newer(team):
    handle_pull_request_event(team, delivery(pull_request(title="First")))
    assert handle_pull_request_event(team, delivery(pull_request(title="Second"))).title == "Second"


def test_absent_is_not_null(team):
    handle_pull_request_event(team, delivery(pull_request(head={"ref": "hotfix/x"}, labels=[{"name": "a"}])))
    later = {"updated_at": stamp(moment(hours=1))}
    row = handle_pull_request_event(
        team, delivery(simple(pull_request(title=ABSENT, head=ABSENT, labels=ABSENT, **later)))
    )
    assert (row.title, row.head_ref, row.labels, row.additions) == ("Change 7", "hotfix/x", ["a"], 10)
    row = handle_pull_request_event(team, delivery(pull_request(additions=None, user=None, **later)))
    assert (row.additions, row.author_login) == (None, "")


def test_reopened_clears_the_closing(team):
    at = stamp(moment(hours=1))
    handle_pull_request_event(team, delivery(pull_request(state="closed", closed_at=at, updated_at=at)))
    row = handle_pull_request_event(team, delivery(pull_request(updated_at=stamp(moment(hours=2)))))
    assert (row.state, row.closed_at) == ("open", None)


def test_what_is_kept_for_the_next_call(team):
    """Everything that the row stands for comes back when it is loaded as state."""
    found = merged(
        draft=True,
        body="Reverts acme/shop#3",
        labels=[{"name": "hotfix"}],
        merge_commit_sha="f" * 40,
        user=user("renovate[bot]"),
        changed_files=0,
    )
    handle_pull_request_event(team, delivery(found, "ready_for_review"))
    before = tables(team)
    handle_pull_request_event(team, delivery(pull_request(), "opened"))
    assert tables(team) == before


def test_a_review(team):
    handle_pull_request_event(team, delivery(pull_request()))
    row = handle_pull_request_review_event(team, review_delivery(review()))
    assert isinstance(row, PRReview)
    assert (row.state, row.submitted_at, row.reviewer_login) == ("approved", moment(hours=2), "bob")
    assert row.pull_request.review_time_hours == 2


def test_a_review_brings_its_pull_request(team):
    row = handle_pull_request_review_event(team, review_delivery(review()))
    assert (row.pull_request.number, row.pull_request.additions) == (7, None)


def test_a_dismissal_and_an_approval_that_comes_after_it(team):
    handle_pull_request_review_event(team, review_delivery(review()))
    row = handle_pull_request_review_event(
        team, review_delivery(review(state="dismissed"), action="dismissed")
    )
    assert (row.state, row.submitted_state) == ("dismissed", "approved")
    row = handle_pull_request_review_event(team, review_delivery(review()))
    assert (row.state, row.submitted_state) == ("dismissed", "approved")
    assert row.pull_request.first_review_at == moment(hours=2)


def test_a_pending_review_returns_nothing(team):
    assert (
        handle_pull_request_review_event(team, review_delivery(review(state="pending", submitted_at=None)))
        is None
    )
    assert PullRequest.objects.count() == 1


def test_a_review_of_a_pull_request_made_by_hand(team):
    row = PullRequestFactory(team=team, number=7, title="By hand", author=None)
    other = PRReviewFactory(pull_request=row)
    handle_pull_request_review_event(team, review_delivery(review(), of=pull_request(title=ABSENT)))
    row.refresh_from_db()
    assert row.title == "By hand"
    assert {r.pk for r in row.reviews.all()} >= {other.pk}
    assert row.reviews.count() == 2


def test_a_commit(team):
    found = pull_request(head={"sha": sha_of("x")})
    pr = handle_pull_request_event(team, delivery(found))
    assert pr.commits_incomplete is True
    with pytest.raises(Unreadable):
        handle_commit_event(team, {"commit": commit("x")})
    store_and_process(team, fetched(commit("x")))
    assert Commit.objects.get().pull_request == pr


def test_a_repository_and_a_ping(team):
    row = handle_repository_event(team, repository_delivery("archived", repository(archived=True)))
    assert isinstance(row, Repository)
    assert (row.full_name, row.archived) == ("acme/shop", True)
    assert handle_ping_event(team, {"zen": "Design for failure.", "repository": repository()}) == row
    assert handle_ping_event(team, {"zen": "Design for failure."}) is None


@pytest.mark.parametrize(
    ("processor", "payload", "path"),
    [
        (handle_pull_request_event, {"pull_request": pull_request(base=None)}, "$.repository"),
        (handle_commit_event, {"commit": commit(), "repository": repository()}, "$.pull_request"),
    ],
)
def test_a_payload_that_names_no_place(team, processor, payload, path):
    with pytest.raises(Unreadable) as caught:
        processor(team, payload)
    assert caught.value.path in (path, "$")
    assert not PullRequest.objects.exists()


def test_a_ready_moment_stays_the_one_that_was_reviewed(team):
    def ready(hours):
        found = pull_request(updated_at=stamp(moment(hours=hours)))
        return handle_pull_request_event(team, delivery(found, "ready_for_review"))

    ready(1)
    handle_pull_request_review_event(team, review_delivery(review()))
    assert ready(3).ready_at == moment(hours=1)
    assert PullRequest.objects.get().first_review_at == moment(hours=2)


def test_the_next_replay_puts_the_rows_back_to_what_the_log_says(team):
    store_and_process(team, delivered(delivery(pull_request(title="Logged"))), fetched(review()))
    before = tables(team)
    handle_pull_request_event(team, delivery(pull_request(title="Called", updated_at=stamp(moment(days=1)))))
    assert PullRequest.objects.get().title == "Called"
    assert verify(Scope()).changed > 0
    replay(Scope())
    assert tables(team) == before
    assert PullRequest.objects.get(github_repo_id=REPOSITORY_ID).title == "Logged"


@pytest.mark.parametrize(
    ("processor", "payload"),
    [
        (handle_pull_request_event, {}),
        (handle_pull_request_event, {"action": "opened", "repository": repository()}),
        (handle_pull_request_review_event, {"action": "submitted", "pull_request": pull_request()}),
        (handle_pull_request_review_event, {"review": review(), "repository": repository()}),
        (
            handle_pull_request_review_event,
            {"review": review(), "pull_request": {"id": 99}, "repository": {"full_name": "acme/shop"}},
        ),
    ],
)
def test_a_payload_about_nothing_that_is_known_gives_none(team, processor, payload):
    assert processor(team, payload) is None
    assert not PullRequest.objects.exists()


def test_a_repository_may_be_named_without_its_id(team):
    short = {"action": "opened", "repository": {"full_name": "acme/shop"}}
    row = handle_pull_request_event(team, short | {"pull_request": pull_request()})
    assert (row.github_repo, row.number, row.state) == ("acme/shop", 7, "open")
    again = handle_pull_request_event(team, short | {"pull_request": merged()})
    assert (again.pk, again.state) == (row.pk, "merged")
    known = handle_pull_request_event(team, delivery(pull_request(8, repo=repository("acme/known", id=5))))
    named = {"repository": {"full_name": "acme/known"}, "pull_request": pull_request(9)}
    assert handle_pull_request_event(team, named).github_repo_id == known.github_repo_id == 5


def test_a_pull_request_may_be_known_by_its_id_alone(team):
    row = handle_pull_request_event(team, delivery(pull_request()))
    payload = {"review": review(), "repository": repository(), "pull_request": {"id": row.github_pr_id}}
    assert handle_pull_request_review_event(team, payload).pull_request == row
