from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.metrics.formulas import FORMULAS, cycle_time, hotfix, revert, review_time, size
from tests.payloads import START

PULL_REQUEST: dict[str, Any] = {
    "pr_created_at": START,
    "merged_at": None,
    "author_github_id": 1,
    "author_login": "alice",
    "additions": None,
    "deletions": None,
    "title": "",
    "head_ref": "",
    "labels": [],
    "reverts": "",
}


def pull_request(**changes):
    return PULL_REQUEST | changes


def review(hours, github_id=2, login="bob", kind="User", review_id=1, state="approved"):
    return {
        "github_review_id": review_id,
        "submitted_at": None if hours is None else START + timedelta(hours=hours),
        "reviewer_github_id": github_id,
        "reviewer_login": login,
        "reviewer_kind": kind,
        "state": state,
    }


def test_every_formula_fills_what_it_says_and_takes_none():
    nothing = pull_request(pr_created_at=None, author_github_id=None, author_login="")
    for formula in FORMULAS:
        found = formula.compute(nothing, [])
        assert set(found) == set(formula.columns)
        assert not any(found.values())
    assert [f.name for f in FORMULAS] == ["cycle_time", "hotfix", "revert", "review_time", "size"]
    columns = [column for formula in FORMULAS for column in formula.columns]
    assert len(columns) == len(set(columns))


@pytest.mark.parametrize(
    ("created", "merged", "hours"),
    [
        (START, START + timedelta(hours=30, minutes=15), Decimal("30.25")),
        (START, START, Decimal("0.00")),
        (START, START + timedelta(seconds=18), Decimal("0.01")),
        (START, None, None),
        (None, START, None),
        (None, None, None),
    ],
)
def test_cycle_time(created, merged, hours):
    found = cycle_time.compute(pull_request(pr_created_at=created, merged_at=merged), [])
    assert found == {"cycle_time_hours": hours}


@pytest.mark.parametrize(
    ("reviews", "hours"),
    [
        ([], None),
        ([review(5), review(2), review(9)], 2),
        # The author's own comments are no review, by id even after a change of login.
        ([review(1, github_id=1, login="alice-new"), review(3)], 3),
        ([review(1, github_id=7, login="alice"), review(3)], 1),
        ([review(1, github_id=None, login="alice"), review(3)], 3),
        # Bots, by type or by the name of an app.
        ([review(1, kind="Bot"), review(3)], 3),
        ([review(1, login="renovate[bot]", kind=""), review(3)], 3),
        ([review(1, kind="Mannequin")], 1),
        # A dismissed review was one.
        ([review(1, state="dismissed"), review(3)], 1),
        ([review(None), review(3)], 3),
        ([review(None)], None),
        # A deleted account reviewed it.
        ([review(1, github_id=None, login="", kind="")], 1),
        # Before it was opened for others: as GitHub says it.
        ([review(-1)], -1),
    ],
)
def test_the_first_review(reviews, hours):
    at = None if hours is None else START + timedelta(hours=hours)
    expected = {"first_review_at": at, "review_time_hours": None if hours is None else Decimal(hours)}
    assert review_time.compute(pull_request(), reviews) == expected
    assert review_time.compute(pull_request(), reviews[::-1]) == expected


def test_two_ghosts_may_be_one_person():
    ghost = pull_request(author_github_id=None, author_login="")
    reviews = [review(1, github_id=None, login=""), review(3)]
    assert review_time.compute(ghost, reviews)["review_time_hours"] == 3


def test_a_review_without_a_known_beginning():
    found = review_time.compute(pull_request(pr_created_at=None), [review(3)])
    assert found == {"first_review_at": START + timedelta(hours=3), "review_time_hours": None}


def test_of_two_first_reviews_of_one_second_the_lower_id_is_taken():
    reviews = [review(1, review_id=5), review(1, review_id=4)]
    assert review_time.first_review(pull_request(), reviews)["github_review_id"] == 4


@pytest.mark.parametrize(
    ("additions", "deletions", "total"),
    [(3, 4, 7), (0, 0, 0), (None, 4, None), (3, None, None), (None, None, None)],
)
def test_size(additions, deletions, total):
    assert size.compute(pull_request(additions=additions, deletions=deletions), []) == {"size": total}


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"title": 'Revert "Add a cache"'}, 'title: Revert "Add a cache"'),
        ({"title": "revert: add a cache"}, "title: revert: add a cache"),
        ({"title": "Reverted the cache"}, ""),
        ({"title": "Reverting is easy"}, ""),
        ({"title": "Do not revert"}, ""),
        ({"head_ref": "revert-12-add-a-cache"}, "branch: revert-12-add-a-cache"),
        ({"head_ref": "revert-the-cache"}, ""),
        ({"head_ref": "alice/revert-12-x"}, ""),
        ({"labels": ["bug", "Revert"]}, "label: Revert"),
        ({"labels": ["reverted"]}, ""),
        ({"reverts": "acme/shop#12"}, "body: Reverts acme/shop#12"),
        (
            {"reverts": "acme/shop#12", "title": "Revert x", "labels": ["revert"]},
            "body: Reverts acme/shop#12",
        ),
        ({}, ""),
    ],
)
def test_reverts(changes, evidence):
    found = revert.compute(pull_request(**changes), [])
    assert found == {"is_revert": bool(evidence), "revert_evidence": evidence}


@pytest.mark.parametrize(
    ("changes", "evidence"),
    [
        ({"title": "Hotfix: stop the queue"}, "title: Hotfix: stop the queue"),
        ({"title": "Stop the queue (hot-fix)"}, "title: Stop the queue (hot-fix)"),
        ({"title": "Two hot fixes"}, "title: Two hot fixes"),
        ({"title": "Prefix hotfixture"}, ""),
        ({"title": "Add hotfixed rows"}, ""),
        ({"title": "Shot fix"}, ""),
        ({"title": "A quick fix"}, ""),
        ({"head_ref": "hotfix/queue"}, "branch: hotfix/queue"),
        ({"head_ref": "HOT_FIX-queue"}, "branch: HOT_FIX-queue"),
        ({"head_ref": "hotfix"}, "branch: hotfix"),
        ({"head_ref": "hotfixture"}, ""),
        ({"head_ref": "feature/no-hotfix-here"}, ""),
        ({"labels": ["Hotfix"]}, "label: Hotfix"),
        ({"labels": ["not a hotfix"]}, ""),
        ({"labels": ["hotfix"], "head_ref": "hotfix/x", "title": "hotfix"}, "label: hotfix"),
        ({}, ""),
    ],
)
def test_hotfixes(changes, evidence):
    found = hotfix.compute(pull_request(**changes), [])
    assert found == {"is_hotfix": bool(evidence), "hotfix_evidence": evidence}
