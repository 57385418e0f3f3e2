"""`make dev`, with processes that only sleep."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

SCRIPT = r"""
import sys
from tformance import dev

# Written at once: the lines of three processes may not mix.
say_pid = "import os, time; os.write(1, b'%d\\n' % os.getpid()); "
dev.STOP_SECONDS = 1
dev.COMMANDS = [["-c", say_pid + code] for code in sys.argv[1:]]
sys.exit(dev.main())
"""
SLEEP = "time.sleep(60)"
SLEEP_ON = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.write(1, b'deaf\\n'); " + SLEEP


def start(*codes: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *codes], cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True
    )


def assert_gone(output: str) -> None:
    pids = [int(line) for line in output.split() if line.isdigit()]
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_when_one_ends_the_others_are_ended():
    process = start(SLEEP, "raise SystemExit(3)", SLEEP)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 3
    assert_gone(output)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_also_one_that_does_not_want_to(number):
    process = start(SLEEP, SLEEP_ON)
    said = ""
    while "deaf" not in said or said.count("\n") < 3:
        line = process.stdout.readline()
        assert line, said
        said += line
    process.send_signal(number)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert_gone(said + output)
