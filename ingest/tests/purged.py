"""What tests of purging store: the events of two repositories, and of none."""

from apps.teams.factories import TeamFactory
from ingest.log.append import append
from ingest.log.facts import Request
from ingest.replay.replaying import replay
from ingest.replay.scope import Scope
from tests import payloads
from tests.payloads import REPOSITORY_ID, delivered, fetched, moment

OTHER = payloads.repository("acme/other", id=REPOSITORY_ID + 1)


def of_shop():
    """Two pull requests whose commits came in one answer, a push, and an event that gets parked."""
    answer = Request(url="/repos/acme/shop/pulls/7/commits")
    return [
        delivered(payloads.delivery(payloads.merged(7), "closed"), moment(hours=1)),
        delivered(payloads.review_delivery(payloads.review()), moment(hours=2)),
        fetched(payloads.commit("shared"), moment(hours=2), request=answer),
        fetched(payloads.commit("shared"), moment(hours=2), request=answer, number=8),
        delivered({"repository": payloads.repository()}, moment(hours=3), event_type="push"),
        fetched(payloads.pull_request(8, id="broken"), moment(hours=3)),
    ]


def of_other():
    found = payloads.pull_request(7, repo=OTHER)
    return [
        delivered(payloads.delivery(found, "opened"), moment(hours=1)),
        fetched(
            payloads.commit("shared"),
            moment(hours=1),
            repository_id=OTHER["id"],
            repository="acme/other",
            number=7,
        ),
    ]


def of_no_repository():
    return [delivered({"zen": "x"}, moment(hours=1), event_type="ping")]


def stored(*events):
    team = TeamFactory()
    append(team, events)
    replay(Scope(team=team.slug))
    return team
