"""A worker as the README starts it, with the broker that needs no server."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

APP = """\
from tformance import celery_app

@celery_app.task(name="tests.write")
def write(path):
    with open(path, "a") as file:
        file.write("done\\n")
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A broker folder of the test's own: a worker of a developer would take the message."""
    (tmp_path / "celery_under_test.py").write_text(APP)
    return os.environ | {
        "PYTHONPATH": str(tmp_path),
        "CELERY_BROKER_URL": f"filesystem://localhost{tmp_path}/broker",
    }


def test_a_worker_runs_a_task_and_stops_when_asked(tmp_path, environment):
    # Left by a process that was killed while it wrote them.
    (tmp_path / "broker" / "control").mkdir(parents=True)
    (tmp_path / "broker" / "control" / "celery.exchange").touch()
    (tmp_path / "broker" / "1_killed.celery.msg").touch()
    done = tmp_path / "done"
    send = f"import celery_under_test as tasks; tasks.write.delay({str(done)!r})"
    subprocess.run(
        [sys.executable, "-c", send], cwd=settings.BASE_DIR, env=environment, check=True, timeout=60
    )
    command = [sys.executable, "-m", "celery", "-A", "tformance", "worker", "-l", "info", "--pool", "solo"]
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [*command, "--include", "celery_under_test"],
            cwd=settings.BASE_DIR,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            end = time.monotonic() + 30
            while not done.exists() and worker.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(30) == 0
        finally:
            worker.kill()
    assert done.read_text() == "done\n", (tmp_path / "worker.log").read_text()
