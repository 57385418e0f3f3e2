"""The page of one event, its diff, its timeline, and what can be done about it."""

import re

import pytest

from ingest.models import AuditLine, ParkedEvent, RawGitHubEvent, Run, SkippedEvent
from ingest.routing import HANDLED
from ingest.tasks import work_on_replay
from tests.payloads import (
    commit,
    delivered,
    delivery,
    fetched,
    moment,
    pull_request,
    repository,
    review,
    review_delivery,
    stamp,
)
from tests.processed import store, store_and_process


def of(event, part=""):
    return f"/a/ours/events/{event.pk}/{part}"


def text_of(answer):
    """Of the page's content, without tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text.partition('<main id="main"')[2]).split())


def newest():
    return RawGitHubEvent.objects.latest("pk")


def edit(hour, title, **changes):
    found = pull_request(title=title, updated_at=stamp(moment(hours=hour)), **changes)
    return delivered(delivery(found, "edited"), moment(hours=hour))


@pytest.fixture
def versions(team):
    """Two of a pull request, that of the later time stored first."""
    store_and_process(team, edit(2, "second", user={"login": "a", "id": 5, "avatar_url": "x"}))
    store_and_process(team, edit(1, "first"))
    return RawGitHubEvent.objects.order_by("-pk")


@pytest.fixture
def parked(team):
    store_and_process(
        team, edit(3, "good"), delivered(delivery(pull_request(id="x"), "closed"), moment(hours=4))
    )
    return newest()


def test_it_tells_what_was_stored(client, team):
    headers = {"X-GitHub-Event": "pull_request", "X-Hub-Signature-256": "sha256=abc", "X-Api-Key": "hidden"}
    store_and_process(team, delivered(delivery(pull_request(), "opened"), headers=headers))
    event = newest()
    text = text_of(client.get(of(event)))
    for shown in (
        event.sha256,
        event.delivery_id,
        f"{event.size} bytes",
        "acme/shop",
        "fits the team's secret",
    ):
        assert shown.replace("'", "&#x27;") in text
    assert "sha256=abc" not in text
    assert "hidden" not in text


def test_where_a_signature_says_nothing(client, team):
    store(team, fetched(pull_request()))
    assert "an answer to our own request" in text_of(client.get(of(newest())))
    store(team, delivered({"ref": "x"}, event_type="push", source="import"))
    assert "imported: not checked here" in text_of(client.get(of(newest())))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("acme/shop", "https://github.com/acme/shop/pull/7"),
        ("evil.example/../x", ""),
        ("a/b?x=<b>", ""),
    ],
)
def test_it_leads_to_github_and_nowhere_else(client, team, name, address):
    store(team, delivered(delivery(pull_request(), "opened", repository=repository(name))))
    found = re.findall(r'<a class="btn btn-sm" href="([^"]+)"', client.get(of(newest())).text)
    assert found == ([address] if address else [])


def test_why_an_event_was_not_applied(client, versions):
    late, applied = versions
    assert "Not applied: a newer state (2026-03-02 11:00:00) was already known." in text_of(
        client.get(of(late))
    )
    text = text_of(client.get(of(applied)))
    assert re.search(r"Applied: \d+ fields have the value that this event told", text)
    assert "title second" in text


def test_what_a_commit_and_a_review_changed(client, team):
    store_and_process(team, edit(1, "x"), delivered(review_delivery(review()), moment(hours=2)))
    assert "submitted_state approved" in text_of(client.get(of(newest())))
    store_and_process(team, fetched(commit("head 7"), moment(hours=3)))
    assert "it tells of a commit" in text_of(client.get(of(newest())))


@pytest.mark.parametrize(
    ("event_type", "said"), [("push", "Ignored on purpose"), ("star", "not understood yet")]
)
def test_why_an_event_is_not_read(client, stored, event_type, said):
    assert said in text_of(client.get(of(stored({"a": 1}, event_type))))


def test_an_attempt_is_shown_with_its_traceback(client, parked):
    text = text_of(client.get(of(parked)))
    assert "$.pull_request.id" in text
    assert "Attempt 1" in text
    assert "Traceback" in text


def test_a_diff_shows_only_what_changed(client, versions):
    late, applied = versions
    text = text_of(client.get(of(applied, "diff/")))
    assert "$.pull_request.title &quot;first&quot; &quot;second&quot;" in text
    assert "additions" not in text
    assert "avatar_url" not in text
    assert "left out" in text
    assert "avatar_url" in text_of(client.get(of(applied, "diff/?all=1")))
    assert f"from event {applied.pk} to this one" in text_of(client.get(of(late, f"diff/?with={applied.pk}")))
    assert "there is nothing before it" in text_of(client.get(of(late, "diff/")))


@pytest.mark.parametrize("asked", ["x", "9" * 30, "999999"])
def test_a_diff_with_nothing_is_refused_in_words(client, versions, asked):
    answer = client.get(of(versions[0], f"diff/?with={asked}"))
    assert answer.status_code == 200
    assert re.search("is no number of an event|no stored event", text_of(answer), re.IGNORECASE)


def test_what_is_no_json_is_not_compared(client, stored):
    one, other = stored(b"[1", at=moment(hours=1)), stored(b'{"a":' * 3000, at=moment(hours=2))
    assert "compared" in text_of(client.get(of(one, f"diff/?with={other.pk}")))


def test_large_differences_are_cut(client, stored):
    one = stored({"a": {str(n): n for n in range(2000)}, "b": 1}, at=moment(hours=1))
    other = stored({"a": {str(n): -n for n in range(2000)}, "b": ["x" * 100] * 90_000}, at=moment(hours=2))
    answer = client.get(of(other, f"diff/?with={one.pk}"))
    assert len(answer.text) < 400_000
    assert "1,500 more changes are not shown" in text_of(answer)


def test_a_timeline_is_in_githubs_order(client, team, versions):
    text = text_of(client.get(f"/a/ours/events/timeline/{versions[0].repository_id}/7/"))
    assert text.index("2026-03-02 10:00") < text.index("2026-03-02 11:00")
    assert "2 events from all sources" in text
    assert client.get(f"/a/ours/events/timeline/{versions[0].repository_id}/8/").status_code == 404
    assert client.get(f"/a/ours/events/timeline/{10**30}/{10**30}/").status_code == 404


@pytest.mark.parametrize(("part", "mode"), [("replay/", None), ("dry-run/", "dry-run")])
def test_its_stream_is_replayed(client, parked, part, mode):
    answer = client.post(of(parked, part))
    run = Run.objects.get(kind="replay")
    assert answer.url == f"/a/ours/replays/{run.pk}/"
    assert run.scope.get("mode") == mode
    assert run.scope["events"] == [parked.pk]
    assert AuditLine.objects.filter(action="replay").count() == (0 if mode else 1)


def broken(team, payload, into):
    raise LookupError("a mistake of ours")


def test_a_parked_event_is_found_replayed_after_a_fix_and_processed(client, team, monkeypatch):
    with monkeypatch.context() as before:
        before.setitem(HANDLED, "pull_request", broken)
        store_and_process(team, edit(3, "good"))
    assert 'href="?status=parked">parked 1<' in client.get("/a/ours/events/").text
    listed = client.get("/a/ours/events/?status=parked").text
    assert f'href="{of(newest())}"' in listed
    assert "a mistake of ours" in text_of(client.get(of(newest())))
    client.post(of(newest(), "replay/"))
    work_on_replay.apply((Run.objects.get(kind="replay").pk,))
    assert 'href="?status=parked">parked 0<' in client.get("/a/ours/events/").text
    assert "title good" in text_of(client.get(of(newest())))


def test_a_parked_event_is_skipped_with_a_reason_and_folded_again(client, admin, parked):
    assert "reason is needed" in text_of(client.post(of(parked, "skip/"), {"reason": " "}, follow=True))
    assert not SkippedEvent.objects.exists()
    text = text_of(client.post(of(parked, "skip/"), {"reason": "sent <b>without</b> id"}, follow=True))
    assert "Skipped by " + admin.user.email in text
    assert "sent &lt;b&gt;without&lt;/b&gt; id" in text
    client.post(of(parked, "undo-skip/"))
    assert ParkedEvent.objects.filter(event=parked).exists()
    assert list(AuditLine.objects.order_by("pk").values_list("action", flat=True)) == ["skip", "undo skip"]


def test_what_is_not_parked_is_not_skipped(client, versions):
    answer = client.post(of(versions[0], "skip/"), {"reason": "x"}, follow=True)
    assert "Not skipped: none of these events is parked" in text_of(answer)
    assert "Mark as skipped" not in text_of(client.get(of(versions[0])))
