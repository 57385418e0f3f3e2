import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres import bundled_programs, installed_programs, postgres_server

needs_postgres = pytest.mark.skipif(
    installed_programs() is None and bundled_programs() is None, reason="no PostgreSQL on this machine"
)


@needs_postgres
def test_the_server_listens_on_a_socket_only_and_leaves_nothing():
    with postgres_server() as url:
        folder = Path(url.partition("@/")[2]).parent
        with psycopg.connect(host=str(folder), user="postgres", dbname="postgres") as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
    assert not folder.parent.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.postgres", sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_database_that_is_given_wins():
    done = run("import os; print(os.environ['DATABASE_URL'])", DATABASE_URL="postgres://db.example.com/mine")
    assert done.stdout == "postgres://db.example.com/mine\n"


@needs_postgres
def test_the_exit_status_is_the_commands():
    assert run("raise SystemExit(7)", DATABASE_URL="").returncode == 7
