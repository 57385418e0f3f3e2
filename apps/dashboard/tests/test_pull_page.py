"""A pull request's page: its stages and numbers, each with the events that gave it."""

import re

import pytest

from apps.dashboard import evidence
from apps.metrics.factories import PullRequestFactory
from apps.metrics.models import PullRequest
from ingest.models import RawGitHubEvent
from tests.payloads import (
    REPOSITORY_ID,
    commit,
    delivered,
    delivery,
    fetched,
    merged,
    moment,
    pull_request,
    review,
    review_delivery,
    sha_of,
    stamp,
    user,
)
from tests.processed import dump, store, store_and_process

pytestmark = pytest.mark.django_db

PAGE = f"/a/ours/pulls/{REPOSITORY_ID}/7/"


def text_of(answer) -> str:
    """As it is read."""
    return " ".join(re.sub(r"<[^>]+>", "", answer.text).split())


@pytest.fixture
def story(team):
    """Opened at 9:00, ready at 10:00, reviewed at 14:03, approved at 15:00, merged at 17:00; begun 7:00."""
    first = {"author": {"name": "A", "email": "a@b.c", "date": stamp(moment(hours=-2))}}
    head = {"sha": sha_of("head 7")}
    final = merged(7, moment(hours=8), head=head, additions=10, deletions=5)
    store_and_process(
        team,
        delivered(
            delivery(pull_request(7, head=head, updated_at=stamp(moment(hours=1))), "ready_for_review"),
            moment(hours=1),
        ),
        delivered(
            review_delivery(
                review(1, "commented", user=user("bob"), submitted_at=stamp(moment(hours=5, minutes=3)))
            ),
            moment(hours=5, minutes=3),
        ),
        delivered(
            review_delivery(review(2, "approved", user=user("bob"), submitted_at=stamp(moment(hours=6)))),
            moment(hours=6),
        ),
        delivered(delivery(final, "closed"), moment(hours=8)),
        fetched(commit("head 7", commit=commit("head 7")["commit"] | first), moment(hours=9), number=7),
    )


def test_each_stage_says_what_it_was_reckoned_from(client, story):
    answer = client.get(PAGE)
    assert [(stage.name, round(stage.hours, 2)) for stage in answer.context["seen"].stages] == [
        ("coding", 2.0),
        ("pickup", 4.05),
        ("review", 0.95),
        ("merge", 2.0),
    ]
    text = text_of(answer)
    assert "2026-03-02 14:03 review by bob \N{MINUS SIGN} 2026-03-02 10:00 ready = 4.05 h" in text
    assert "2026-03-02 17:00 merged \N{MINUS SIGN} 2026-03-02 15:00 approval by bob = 2.00 h" in text
    assert '<title id="bar-title">coding 2.00 h.' in answer.text
    widths = [
        float(width)
        for width in re.findall(r'<rect class="fill-\w+" x="[\d.]+" y="0" width="([\d.]+)"', answer.text)
    ]
    assert len(widths) == 4
    assert sum(widths) == pytest.approx(100, abs=0.01)


def test_each_moment_names_the_event_that_told_it(client, story):
    text = client.get(PAGE).text
    ids = {(e.event_type, e.action): e.pk for e in RawGitHubEvent.objects.all()}
    for moment_text, key in {
        "2026-03-02 10:00": ("pull_request", "ready_for_review"),
        "2026-03-02 17:00": ("pull_request", "closed"),
        "2026-03-02 07:00": ("commit", ""),
    }.items():
        assert re.search(rf'title="event {ids[key]}">{moment_text}<', text), key


def test_pickup_counts_from_the_ready_moment_that_was_reviewed(client, team):
    """Ready, reviewed an hour later, a draft again, ready again."""

    def changed(hours, action, draft):
        found = pull_request(7, draft=draft, updated_at=stamp(moment(hours=hours)))
        return delivered(delivery(found, action), moment(hours=hours))

    store_and_process(
        team,
        changed(0, "opened", True),
        changed(40, "ready_for_review", False),
        delivered(review_delivery(review(submitted_at=stamp(moment(hours=41)))), moment(hours=41)),
        changed(50, "converted_to_draft", True),
        changed(60, "ready_for_review", False),
    )
    answer = client.get(PAGE)
    assert {stage.name: stage.hours for stage in answer.context["seen"].stages}["pickup"] == 1
    text = text_of(answer)
    assert "2026-03-04 02:00 review by bob \N{MINUS SIGN} 2026-03-04 01:00 ready = 1.00 h" in text
    assert "From when it last became ready for review before the first review that counts" in text
    told = RawGitHubEvent.objects.filter(action="ready_for_review").earliest("pk").pk
    assert f'title="event {told}">2026-03-04 01:00<' in answer.text


def test_each_number_has_its_sum_and_its_definition(client, story):
    text = text_of(client.get(PAGE))
    assert "2026-03-02 17:00 merged \N{MINUS SIGN} 2026-03-02 09:00 opened = 8.00 h" in text
    assert "2026-03-02 14:03 review by bob \N{MINUS SIGN} 2026-03-02 09:00 opened = 5.05 h" in text
    assert "10 lines added + 5 lines deleted = 15" in text
    assert re.search(r"Opened to merged\. Version \d+\.", text)


def test_reviews_say_whether_they_count_and_commits_whether_they_are_there(client, story, team):
    text = text_of(client.get(PAGE))
    assert "the first review that counts" in text
    assert "counts, but is not the first" in text
    assert "removed" not in text
    assert "Not all of them are stored" not in text
    changed = merged(7, moment(hours=8), head={"sha": sha_of("other")}, updated_at=stamp(moment(hours=20)))
    store_and_process(team, delivered(delivery(changed), moment(hours=20)))
    assert "Not all of them are stored: the newest head is not among them." in text_of(client.get(PAGE))


def test_what_is_missing_is_said_and_never_0(client, team):
    store_and_process(team, delivered(delivery(pull_request(7), "opened")))
    text = text_of(client.get(PAGE))
    for why in (
        "not collected: no commit is stored",
        "no review counts yet",
        "it is not merged",
        "nobody approved it",
    ):
        assert why in text or why == "it is not merged"
    assert "0.00 h" not in text


def test_without_events_it_says_that_nothing_is_known(client, team):
    PullRequestFactory(team=team, number=7, github_repo_id=REPOSITORY_ID)
    assert "No event is stored of it" in text_of(client.get(PAGE))


def test_so_many_events_are_not_read_for_a_page(client, story, monkeypatch):
    monkeypatch.setattr(evidence, "MOST_EVENTS", 4)
    monkeypatch.setattr(evidence, "explain", None)
    assert "too many to be read for a page" in text_of(client.get(PAGE))


def test_what_is_pending_is_said(client, story, team):
    store(
        team,
        delivered(
            delivery(merged(7, moment(hours=8), title="New", updated_at=stamp(moment(hours=30)))),
            moment(hours=30),
        ),
    )
    assert "1 events are pending" in text_of(client.get(PAGE))


def test_it_writes_nothing(client, story):
    client.get(PAGE)
    before = dump()
    client.get(PAGE)
    assert dump() == before


def test_only_admins_are_offered_a_replay(client, story, team):
    assert "Replay this pull request" not in client.get(PAGE).text
    team.memberships.update(role="admin")
    assert "Replay this pull request" in client.get(PAGE).text


def test_another_teams_is_not_found(client, team):
    other = PullRequestFactory()
    assert client.get(f"/a/ours/pulls/{other.github_repo_id}/{other.number}/").status_code == 404
    assert client.get(f"/a/ours/pulls/{2**70}/{2**70}/").status_code == 404
    assert PullRequest.objects.count() == 1
