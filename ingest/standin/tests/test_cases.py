"""Each named case shows what its name says."""

from __future__ import annotations

from datetime import timedelta

from ingest.standin import World
from ingest.standin.facts import Pull
from ingest.standin.shapes import commit, pull_request, review

from .conftest import NOW


def named(world: World, case: str) -> Pull:
    return world.pull(world.named[case])


def actions(world: World, case: str) -> list[str]:
    return [moment.action for moment in world.moments(world.named[case])]


def test_late_merge(world: World) -> None:
    pull = named(world, "late_merge")
    assert NOW - timedelta(days=125) < pull.created_at < NOW - timedelta(days=115)
    assert pull.merged_at == NOW - timedelta(days=1)


def test_stale_open(world: World) -> None:
    pull = named(world, "stale_open")
    assert pull.state == "open"
    assert pull.updated_at < NOW - timedelta(days=90)


def test_many_commits(world: World) -> None:
    assert len(named(world, "many_commits").commits) > 250


def test_force_pushed(world: World) -> None:
    number = world.named["force_pushed"]
    first = {commit.sha for commit in world.beginning(number).commits}
    assert first
    assert first.isdisjoint(commit.sha for commit in world.pull(number).commits)


def test_deleted_fork(world: World) -> None:
    pull = named(world, "deleted_fork")
    shape = pull_request.full(pull, world.repository)
    assert shape["head"]["repo"] is None
    assert shape["head"]["user"] is not None
    assert shape["base"]["repo"]["full_name"] == "acme/rocket"


def test_ghost(world: World) -> None:
    shape = pull_request.full(named(world, "ghost"), world.repository)
    assert shape["user"] is None
    assert shape["head"]["user"] is None
    assert world.moments(world.named["ghost"])[0].sender.login == "ghost"


def test_reopened(world: World) -> None:
    happened = [a for a in actions(world, "reopened") if a in ("closed", "reopened")]
    assert happened == ["closed", "reopened", "closed"]


def test_revert(world: World) -> None:
    pull = named(world, "revert")
    number = pull.head_ref.split("-")[1]
    assert pull.title.startswith('Revert "')
    assert pull.body == f"Reverts acme/rocket#{number}"


def test_hotfix(world: World) -> None:
    pull = named(world, "hotfix")
    assert pull.title.startswith("Hotfix:")
    assert "hotfix" in pull.labels


def test_draft(world: World) -> None:
    pull = named(world, "draft")
    assert (pull.draft, pull.state) == (True, "open")


def test_draft_twice(world: World) -> None:
    happened = [a for a in actions(world, "draft_twice") if a in ("ready_for_review", "converted_to_draft")]
    assert happened == ["ready_for_review", "converted_to_draft", "ready_for_review"]


def test_pending_review(world: World) -> None:
    pull = named(world, "pending_review")
    (pending,) = [r for r in pull.reviews if r.state == "PENDING"]
    assert "submitted_at" not in review.review(pending, pull, world.repository)


def test_dismissed(world: World) -> None:
    pull = named(world, "dismissed")
    (dismissed,) = [r for r in pull.reviews if r.state == "DISMISSED"]
    moment = next(m for m in world.moments(pull.number) if m.action == "dismissed")
    assert dismissed.submitted_at
    assert dismissed.submitted_at < moment.at


def test_author_commented(world: World) -> None:
    pull = named(world, "author_commented")
    assert any(r.user == pull.author and r.state == "COMMENTED" for r in pull.reviews)


def test_bots(world: World) -> None:
    author = named(world, "bot").author
    assert author
    assert author.kind == "Bot"
    reviewer = named(world, "bot_reviewed").reviews[0].user
    assert reviewer
    assert reviewer.kind == "Bot"


def test_unlinked(world: World) -> None:
    shapes = [commit.commit(item, world.repository) for item in named(world, "unlinked").commits]
    assert [shape["author"] for shape in shapes[:2]] == [None, {}]
    assert shapes[-1]["author"]["login"]


def test_nul_in_body(world: World) -> None:
    assert "\u0000" in (named(world, "nul_in_body").body or "")


def test_same_second(world: World) -> None:
    pull = named(world, "same_second")
    assert pull.merged_at
    assert pull.merged_at == pull.reviews[-1].submitted_at


def test_closed(world: World) -> None:
    pull = named(world, "closed")
    assert (pull.state, pull.merged_at) == ("closed", None)
