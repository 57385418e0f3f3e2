"""With the broker down deliveries are taken all the same, and beat finds them once there is one again."""

from __future__ import annotations

import pytest

from apps.metrics.models import PullRequest
from ingest.live.pending import is_pending
from tests.live.brokers import Redis, why_not
from tests.live.conftest import SECRET
from tests.live.deliveries import made_up
from tests.live.posting import seconds_to_post


@pytest.mark.skipif(bool(why_not(Redis)), reason=why_not(Redis))
def test_what_came_while_the_broker_was_down_is_processed_by_beat(team, address, install):
    installation = install(Redis)
    installation.start(installation.web)
    sent = made_up(pulls=1)
    posted = [seconds_to_post(installation.port, address, one, SECRET) for one in sent]
    assert {status for status, _ in posted} == {202}, installation.web.said()
    assert max(seconds for _, seconds in posted) < 5, "GitHub waits ten seconds"
    assert is_pending()

    installation.stack.callback(installation.broker.stop)
    installation.broker.start()
    installation.start(installation.worker, installation.beat)
    installation.wait_until_processed()
    assert PullRequest.for_team(team).count() == 1
