"""`events diff`: what changed since the previous version of the same object, in GitHub's order."""

import pytest

from apps.teams.factories import TeamFactory
from ingest.inspection.diff import ABSENT, changes
from ingest.inspection.noise import is_noise
from tests.payloads import (
    as_bytes,
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    repository,
    review,
    review_delivery,
    simple,
    stamp,
)
from tests.processed import store

from .events_command import events, events_json, refused, widest


@pytest.fixture
def team(db):
    return TeamFactory(slug="acme")


def stored(team, event):
    (event_id,) = store(team, event).ids
    return event_id


def difference(before, after):
    return [(str(c), c.before, c.after) for c in changes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("$.a", 1, 2)]),
        ({"a": None}, {}, [("$.a", None, ABSENT)]),
        ({}, {"a": None}, [("$.a", ABSENT, None)]),
        ({"a": 0}, {"a": False}, [("$.a", 0, False)]),
        ({"a": {}}, {"a": []}, [("$.a", {}, [])]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3, 4]}}, [("$.a.b[1]", 2, 3), ("$.a.b[2]", ABSENT, 4)]),
        ({"a": {"b": 1}}, {"a": None}, [("$.a", {"b": 1}, None)]),
        ([], [], []),
    ],
)
def test_only_changed_paths(before, after, expected):
    assert difference(before, after) == expected


@pytest.mark.parametrize("name", ["id", "sha", "name"])
def test_items_of_a_list_are_told_apart_by_identity(name):
    one, two, new = ({name: each, "x": 1} for each in ("1", "2", "3"))
    assert difference([one, two], [new, two, one]) == [(f"$[{name}=3]", ABSENT, new)]
    assert difference([one, two], [two, one | {"x": 2}]) == [(f"$[{name}=1].x", 1, 2)]


def test_items_with_one_identity_twice_are_compared_by_place():
    assert difference([{"id": 1}, {"id": 1, "x": 1}], [{"id": 1}, {"id": 1}]) == [("$[1].x", 1, ABSENT)]


def test_depth_is_no_limit():
    before, after = {"a": 1}, {"a": 2}
    for _ in range(20_000):
        before, after = {"a": before}, {"a": after}
    assert len(list(changes(before, after))) == 1


@pytest.mark.parametrize(
    "path",
    [
        ("pull_request", "html_url"),
        ("pull_request", "_links", "self", "href"),
        ("sender", "avatar_url"),
        ("node_id",),
        ("repository", "stargazers_count"),
        ("repository", "pushed_at"),
        ("pull_request", "comments"),
    ],
)
def test_noise(path):
    assert is_noise(path)


@pytest.mark.parametrize(
    "name", ["additions", "commits", "changed_files", "updated_at", "title", "state", "size_label"]
)
def test_facts_of_a_pull_request_are_no_noise(name):
    assert not is_noise(("pull_request", name))


def paths(found):
    return {c["path"]: (c.get("before", "absent"), c.get("after", "absent")) for c in found["changes"]}


def test_the_previous_event_is_the_one_before_in_githubs_order_not_in_that_of_arrival(team):
    late = stored(team, delivered(delivery(merged(), "closed"), moment(hours=24)))
    early = stored(team, delivered(delivery(pull_request(), "opened"), moment()))
    middle = pull_request(title="Better", updated_at=stamp(moment(hours=3)))
    between = stored(team, delivered(delivery(middle), moment(hours=3)))
    assert [events_json("diff", i)["before"] for i in (late, between, early)] == [between, early, None]
    assert paths(events_json("diff", between))["$.pull_request.title"] == ("Change 7", "Better")
    assert events("diff", early) == f"event {early} is the first one stored of its pull_request\n"


def test_within_one_second_the_time_inside_the_delivery_id_decides(team):
    second = stored(team, delivered(delivery(pull_request(), "labeled"), moment(seconds=0.9)))
    first = stored(team, delivered(delivery(pull_request(), "opened"), moment(seconds=0.4)))
    assert events_json("diff", second)["before"] == first


def test_a_dismissal_comes_after_the_review_whenever_it_was_fetched(team):
    dismissed = stored(team, fetched(review(state="DISMISSED"), moment(hours=3)))
    approved = stored(team, delivered(review_delivery(review()), moment(hours=30)))
    assert events_json("diff", dismissed)["before"] == approved


def test_the_same_commit_in_another_pull_request_is_another_object(team):
    stored(team, fetched(commit(), moment()))
    other = stored(team, fetched(commit(), moment(hours=1), number=8))
    assert events_json("diff", other)["before"] is None


def test_a_list_item_lacks_keys_of_the_detail_and_says_absent_not_null(team):
    stored(team, fetched(merged(additions=5), moment(hours=25)))
    item = stored(team, fetched(simple(merged()) | {"body": ""}, moment(hours=26), endpoint="pulls"))
    found = paths(events_json("diff", item))
    assert found["$.additions"] == (5, "absent")
    assert found["$.merged_by"] == (None, "absent")
    assert found["$.body"] == (None, "")
    lines = {line.split()[0]: line.split()[1:] for line in events("diff", item).splitlines() if "$." in line}
    assert lines["$.additions"] == ["5", "absent"]
    assert lines["$.merged_by"] == ["null", "absent"]


def test_a_delivery_and_a_bare_object_are_compared_by_the_object(team):
    stored(team, delivered(delivery(pull_request(), "opened"), moment()))
    bare = stored(team, fetched(pull_request(title="Better"), moment(hours=1)))
    found = events_json("diff", bare)
    assert found["compared"] == "object"
    assert paths(found) == {"$.title": ("Change 7", "Better")}


def test_two_deliveries_are_compared_whole(team):
    stored(team, delivered(delivery(pull_request(), "opened"), moment()))
    second = stored(team, delivered(delivery(pull_request(), "labeled"), moment(hours=1)))
    found = events_json("diff", second)
    assert (found["compared"], paths(found)) == ("delivery", {"$.action": ("opened", "labeled")})


def test_noise_is_counted_and_shown_on_request(team):
    stored(team, delivered(delivery(pull_request(comments=0), "opened"), moment()))
    second = stored(team, delivered(delivery(pull_request(comments=1), "opened"), moment(hours=1)))
    assert "nothing changed" in events("diff", second)
    assert "1 more place of urls, avatars, node ids or counters" in events("diff", second)
    assert events_json("diff", second)["noise"] == 1
    assert paths(events_json("diff", second, "--all")) == {"$.pull_request.comments": (0, 1)}


def test_any_two_events_can_be_compared(team):
    push = {"repository": repository(), "ref": "refs/heads/a"}
    first = stored(team, delivered(push, moment(), "push"))
    second = stored(team, delivered(push | {"ref": "refs/heads/b"}, moment(hours=1), "push"))
    found = events_json("diff", second, first)
    assert paths(found) == {"$.ref": ("refs/heads/a", "refs/heads/b")}
    assert refused("diff", second) == (
        "a push is about no pull request, review or commit: name the event to compare with"
    )


def test_what_cannot_be_compared_is_one_line(team):
    good = stored(team, delivered(delivery(pull_request())))
    bad = stored(team, delivered(b"no json", event_type="pull_request"))
    assert refused("diff", good, 99) == "no stored event has the id 99"
    with pytest.raises(Exception, match=f"event {bad} can't be compared: the body is no JSON") as error:
        events("diff", bad, good)
    assert error.value.returncode == 1


def test_text_of_a_payload_does_not_reach_the_terminal_raw(team):
    stored(team, delivered(delivery(pull_request(), "opened")))
    evil = pull_request(title="\x1b[2J\x9b", **{"\x1b[31m": 1}, updated_at=stamp(moment(hours=1)))
    text = events("diff", stored(team, delivered(as_bytes(delivery(evil)), moment(hours=1), "pull_request")))
    assert "\x1b" not in text
    assert "\x9b" not in text


def test_it_fits_80_columns(team, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    stored(team, delivered(delivery(pull_request(), "opened")))
    after = delivery(merged(title="x" * 300), "closed")
    assert widest(events("diff", stored(team, delivered(after, moment(hours=24))))) <= 80
