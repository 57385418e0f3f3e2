import subprocess
import sys

from .client import get


def test_the_command_prints_where_it_serves() -> None:
    command = [
        sys.executable,
        "-m",
        "ingest.standin",
        "--pulls",
        "5",
        "--seed",
        "3",
        "--now",
        "2026-06-03T12:00",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:")
            assert len(get(url, "/repos/acme/rocket/pulls?state=all").json) == 5
        finally:
            process.terminate()
