"""Brokers for tests: each on 127.0.0.1 with a free port, its data in a temporary folder, gone afterwards."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Protocol

from kombu.connection import Connection
from kombu.exceptions import OperationalError

from tests.live.processes import START_SECONDS, Process, free_port, wait_until
from tests.postgres import as_unprivileged, unprivileged_user


class Broker(Protocol):
    url: str

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...


class Files:
    """The embedded broker. It has no process to kill: what a crash of the machine takes are its messages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "broker"
        self.url = f"filesystem://localhost{self.folder}"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def kill(self) -> None:
        for message in self.folder.glob("*.msg"):
            # A worker may be quicker.
            message.unlink(missing_ok=True)

    def stop(self) -> None:
        pass


class Server:
    """A broker with a process."""

    program: str

    def __init__(self, url: str, process: Process) -> None:
        self.url, self.process = url, process

    def start(self) -> None:
        self.process.start()
        wait_until(self._answers, START_SECONDS, f"{self.program} starts:\n{self.process.said()}")

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> None:
        self.process.stop()

    def _answers(self) -> bool:
        if self.process.running is None or self.process.running.poll() is not None:
            raise RuntimeError(f"{self.program} ended:\n{self.process.said()}")
        try:
            with Connection(self.url, connect_timeout=1, transport_options={"max_retries": 0}) as found:
                found.default_channel.close()
        except (OSError, OperationalError):
            return False
        return True


class Redis(Server):
    program = "redis-server"

    def __init__(self, folder: Path) -> None:
        port = free_port()
        # Nothing is written to disk: killed, it forgets all messages.
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        process = Process([self.program, *options], os.environ, folder / "redis.log", as_unprivileged())
        super().__init__(f"redis://127.0.0.1:{port}/0", process)


class RabbitMQ(Server):
    program = "rabbitmq-server"

    def __init__(self, folder: Path) -> None:
        port, home = free_port(), folder / "rabbitmq"
        home.mkdir()
        user = unprivileged_user()
        if user:
            folder.chmod(0o755)
            os.chown(home, user.pw_uid, user.pw_gid)
        names = {
            "HOME": str(home),
            "RABBITMQ_NODENAME": f"tformance-{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(home / "none"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            # The daemon that Erlang would start by itself stays for ever and listens on every address.
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }
        environment = os.environ | names
        # Debian's own `rabbitmq-server` changes to its system user and to its system folders.
        command = str(Path("/usr/lib/rabbitmq/bin") / self.program)
        options = as_unprivileged()
        super().__init__(
            f"amqp://guest:guest@127.0.0.1:{port}//",
            Process([command], environment, folder / "rabbitmq.log", options),
        )
        self.names = Process(["epmd"], environment, folder / "epmd.log", options)

    def start(self) -> None:
        if self.names.running is None:
            self.names.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        self.names.kill()


def why_not(kind: type[Broker]) -> str:
    """Why this broker can not be had here; empty where it can."""
    if kind is Redis and shutil.which("redis-server") is None:
        return "redis-server is not installed"
    if kind is RabbitMQ and not Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists():
        return "rabbitmq-server is not installed"
    return ""


def find(name: str, folder: Path) -> Broker:
    """By its name in BROKER; without one, Redis where it is installed."""
    kinds: dict[str, type[Broker]] = {"redis": Redis, "rabbitmq": RabbitMQ, "files": Files}
    kind = kinds[name] if name else (Files if why_not(Redis) else Redis)
    reason = why_not(kind)
    if reason:
        raise SystemExit(reason)
    return kind(folder)  # type: ignore[call-arg]
