"""What `events explain` prints and refuses."""

from tests.payloads import commit, delivered, delivery, fetched, merged, moment, pull_request, review, user
from tests.processed import dump, store

from .events_command import events, events_json, refused
from .explaining import PULL, processed


def test_it_writes_nothing(team):
    processed(team, delivered(delivery(pull_request(), "opened")))
    store(team, delivered(delivery(merged(), "closed"), moment(hours=24)))
    before = dump()
    events("explain", *PULL)
    assert dump() == before


def test_json_has_the_same_facts(team):
    (opened,) = processed(team, delivered(delivery(pull_request(), "opened")))
    found = events_json("explain", *PULL, "title", "size")
    assert (found["team"], found["repository"], found["number"]) == ("acme", "acme/shop", 7)
    title, size = found["fields"]
    assert (title["name"], title["value"], title["event_id"]) == ("title", "Change 7", opened)
    assert [i["name"] for i in size["inputs"]] == ["additions", "deletions"]
    assert found["reviews"] == found["commits"] == []


def test_an_unknown_field_is_one_line(team):
    processed(team, delivered(delivery(pull_request(), "opened")))
    message = refused("explain", *PULL, "titel")
    assert message.startswith("a pull request has no field titel; it has github_pr_id, title, ")
    assert message.endswith("reviews, commits")


def test_text_of_a_payload_does_not_reach_the_terminal_raw(team):
    evil = "\x1b[2J\x9b\u202e"
    processed(
        team,
        delivered(delivery(pull_request(title=evil), "opened")),
        delivered(delivery(merged(title=evil + "2"), "closed"), moment(hours=24), action=evil),
        fetched(review(user=user(evil)), moment(hours=3)),
        fetched(commit(commit={"message": evil}), moment(hours=3)),
    )
    for names in ((), ("title", "reviews", "first_review_at")):
        text = events("explain", *PULL, *names)
        assert not [c for c in ("\x1b", "\x9b", "\u202e") if c in text]
