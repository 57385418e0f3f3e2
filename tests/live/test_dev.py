"""`make dev`: a delivery posted to it is processed without any server or command beside it."""

from __future__ import annotations

import signal
import sys

from apps.metrics.models import PullRequest
from tests.live import processes
from tests.live.brokers import Files
from tests.live.conftest import PROCESSED_SECONDS, SECRET
from tests.live.deliveries import made_up
from tests.live.posting import post_all
from tests.live.processes import START_SECONDS, Process, free_port, listens, wait_until


def test_a_delivery_to_make_dev_is_processed_and_ctrl_c_ends_all(team, address, tmp_path, database_url):
    broker, port = Files(tmp_path), free_port()
    broker.start()
    shared = processes.environment(DATABASE_URL=database_url, CELERY_BROKER_URL=broker.url, PORT=str(port))
    dev = Process([sys.executable, "-m", "tformance.dev"], shared, tmp_path / "dev.log")
    try:
        dev.start()
        wait_until(lambda: listens(port), START_SECONDS, "the web server starts")
        assert set(post_all(port, address, made_up(pulls=1), SECRET)) == {202}
        reached = PullRequest.for_team(team).filter
        wait_until(lambda: reached(number=1).exists(), PROCESSED_SECONDS, "the delivery is processed")
        dev.running.send_signal(signal.SIGINT)
        assert dev.running.wait(30) == 128 + signal.SIGINT
        assert not listens(port)
    finally:
        dev.kill()
