"""Made-up histories of a small world: two pull requests in one repository, one in another, sharing commits.

Values are drawn from few, so that equal times, equal contents and contradictions are ordinary.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from ingest.log.facts import NewEvent
from tests import nodes, payloads
from tests.payloads import ABSENT, delivered, fetched, moment, number_of, sha_of, stamp

OTHER_ID = payloads.REPOSITORY_ID + 1
NAMES = {payloads.REPOSITORY_ID: ("acme/shop", "acme/store"), OTHER_ID: ("acme/other", "moved/other")}
HEADS = ("one", "two", "three")
PARENTS = {"one": (), "two": ("one",), "three": ("one",)}

seconds = st.integers(0, 4)
instants = st.one_of(st.none(), st.integers(0, 8).map(lambda s: moment(seconds=s / 2)))
places = st.sampled_from([(payloads.REPOSITORY_ID, 7), (payloads.REPOSITORY_ID, 8), (OTHER_ID, 7)])
actors = st.sampled_from([None, payloads.user("alice"), payloads.user("bob"), payloads.user("ci[bot]")])
git_dates = st.sampled_from([stamp(moment()), "2106-02-07T06:28:15Z", "10000-01-01T00:00:00Z"])
node_actors = st.sampled_from([None, nodes.user_node("alice"), nodes.user_node("bob"), nodes.bot("ci")])


@st.composite
def repositories(draw: Any, repository_id: int) -> payloads.Json:
    return payloads.repository(draw(st.sampled_from(NAMES[repository_id])), id=repository_id)


@st.composite
def pull_requests(draw: Any, place: tuple[int, int]) -> payloads.Json:
    closed = draw(st.booleans())
    merged = draw(st.booleans()) if closed else False
    found = payloads.pull_request(
        place[1],
        repo=draw(repositories(place[0])),
        title=draw(st.sampled_from(["Add it", "Revert it", "hotfix: mend \x00 it"])),
        state="closed" if closed else draw(st.sampled_from(["open", "OPEN"])),
        updated_at=draw(st.sampled_from([ABSENT, *(stamp(moment(seconds=s)) for s in range(4))])),
        closed_at=stamp(moment(seconds=3)) if closed else draw(st.sampled_from([None, ABSENT])),
        merged_at=stamp(moment(seconds=3)) if merged else draw(st.sampled_from([None, ABSENT])),
        user=draw(actors),
        draft=draw(st.sampled_from([True, False, ABSENT])),
        additions=draw(st.sampled_from([1, 5])),
        labels=draw(st.sampled_from([[], [{"name": "hotfix"}], ABSENT])),
        head={"sha": sha_of(draw(st.sampled_from(HEADS)))},
    )
    return payloads.simple(found) if draw(st.booleans()) else found


@st.composite
def pull_request_events(draw: Any) -> NewEvent:
    place = draw(places)
    found, at = draw(pull_requests(place)), draw(instants)
    if draw(st.booleans()):
        endpoint = "pull" if "additions" in found else "pulls"
        return fetched(found, at, endpoint=endpoint, repository_id=place[0])
    action = draw(st.sampled_from(["opened", "closed", "ready_for_review", "made_up"]))
    return delivered(payloads.delivery(found, action), at)


@st.composite
def review_events(draw: Any) -> NewEvent:
    place, at = draw(places), draw(instants)
    state = draw(st.sampled_from(["pending", "approved", "CHANGES_REQUESTED", "commented", "DISMISSED"]))
    found = payloads.review(
        # A review belongs to one pull request: two ids for each.
        9_000_000_000 + (place[0] - payloads.REPOSITORY_ID) * 100 + place[1] * 10 + draw(st.integers(0, 1)),
        state,
        user=draw(actors),
        submitted_at=draw(st.sampled_from([None, ABSENT]))
        if state == "pending"
        else stamp(moment(seconds=draw(seconds))),
    )
    if draw(st.booleans()):
        named = {"repository_id": place[0], "repository": NAMES[place[0]][0], "number": place[1]}
        return fetched(found, at, "pull_request_review", **named)
    return delivered(payloads.review_delivery(found, draw(pull_requests(place))), at)


@st.composite
def commit_events(draw: Any) -> NewEvent:
    place, name = draw(places), draw(st.sampled_from(HEADS))
    dated = {who: {"date": draw(git_dates)} for who in ("author", "committer")}
    found = payloads.commit(
        name,
        PARENTS[name],
        author=draw(st.one_of(actors, st.just({}), st.just(ABSENT))),
        stats=draw(st.sampled_from([ABSENT, {"additions": 3, "deletions": 4}])),
        commit={"message": f"Do {name}", **dated},
    )
    named = {"repository_id": place[0], "repository": NAMES[place[0]][0], "number": place[1]}
    return fetched(found, draw(instants), "commit", **named)


@st.composite
def node_events(draw: Any) -> NewEvent:
    """Whole pull requests of GraphQL answers, and further pages of one of their lists."""
    (repository_id, number), at = draw(places), draw(instants)
    reviews = [
        nodes.review_node(
            9_000_000_000 + (repository_id - payloads.REPOSITORY_ID) * 100 + number * 10 + i,
            draw(st.sampled_from(["PENDING", "APPROVED", "COMMENTED", "DISMISSED"])),
            submittedAt=draw(st.sampled_from([None, stamp(moment(seconds=1))])),
            author=draw(node_actors),
        )
        for i in draw(st.sets(st.integers(0, 1)))
    ]
    commits = [
        nodes.commit_node(
            name,
            draw(st.sampled_from([None, ABSENT])),
            parents={"nodes": [{"oid": sha_of(parent)} for parent in PARENTS[name]]},
            authoredDate=draw(git_dates),
        )
        for name in draw(st.sets(st.sampled_from(HEADS)))
    ]
    moments = [nodes.ready(moment(seconds=draw(seconds))) for _ in range(draw(st.integers(0, 2)))]
    lists = {"reviews": reviews, "commits": commits, "timelineItems": moments}
    pages = {name: nodes.page(*items) for name, items in lists.items()}
    named = {"repository_id": repository_id, "repository": NAMES[repository_id][0], "number": number}
    identity = {"fullDatabaseId": str(number_of(f"{repository_id}#{number}")), "number": number}
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(lists)))
        found = identity | {name: pages[name]}
        return nodes.fetched_node(found, at, endpoint=f"pull/{name}/2", **named)
    name = draw(st.sampled_from(NAMES[repository_id]))
    state, merged = draw(st.sampled_from([("OPEN", None), ("CLOSED", None), ("MERGED", moment(seconds=3))]))
    found = nodes.node(
        **(identity | pages),
        baseRepository={"databaseId": repository_id, "nameWithOwner": name, "isPrivate": True},
        title=draw(st.sampled_from(["Add it", "Revert it"])),
        author=draw(node_actors),
        state=state,
        mergedAt=merged and stamp(merged),
        updatedAt=stamp(moment(seconds=draw(seconds))),
        headRefOid=sha_of(draw(st.sampled_from(HEADS))),
        additions=draw(st.sampled_from([1, 5])),
    )
    return nodes.fetched_node(found, at, **named)


@st.composite
def repository_events(draw: Any) -> NewEvent:
    repository_id = draw(st.sampled_from(sorted(NAMES)))
    repo = draw(repositories(repository_id)) | {"private": draw(st.booleans())}
    action = draw(st.sampled_from(["renamed", "deleted", "privatized"]))
    return delivered(payloads.repository_delivery(action, repo), draw(instants))


@st.composite
def broken_events(draw: Any) -> NewEvent:
    place = draw(places)
    found = payloads.pull_request(place[1], repo=payloads.repository(id=place[0]), id=10**29)
    return delivered(payloads.delivery(found, "opened"), draw(instants))


events = st.one_of(
    pull_request_events(),
    pull_request_events(),
    review_events(),
    commit_events(),
    node_events(),
    repository_events(),
    broken_events(),
)


@st.composite
def histories(draw: Any, most: int = 14) -> list[NewEvent]:
    """Different events: repetition is added by the tests."""
    found = draw(st.lists(events, min_size=1, max_size=most))
    distinct = {(e.delivery_id, e.source, e.endpoint, e.number, e.received_at, e.body): e for e in found}
    # An import without `request` is told apart by what it says alone.
    return [dataclasses.replace(event, request=None) for event in distinct.values()]
