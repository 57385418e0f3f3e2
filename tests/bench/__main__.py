"""Prints a table and writes var/bench.json. Exit status 1 where a bound does not hold."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import tests.environment  # noqa: F401 - the settings of the tests, whatever the developer's are
from tests.live import brokers, processes
from tests.live.processes import free_port, listens, wait_until
from tests.postgres import postgres_server

LEAST_RATE = 0.4
LARGEST_P99 = 10.0


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tformance-bench-")))
        broker = brokers.find(os.environ.get("BROKER", ""), folder)
        stack.callback(broker.stop)
        broker.start()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
            "DATABASE_URL": stack.enter_context(postgres_server()),
            "CELERY_BROKER_URL": broker.url,
        }
        port = free_port()
        prepare_database()
        web = processes.web(processes.environment(), folder, port)
        stack.callback(web.stop)
        web.start()
        wait_until(lambda: listens(port), processes.START_SECONDS, "the web server starts")

        from tests.bench import webhooks

        return report(webhooks.measure(port))


def prepare_database() -> None:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)

    from tests.bench.bare.models import Body

    with connection.schema_editor() as editor:
        editor.create_model(Body)


def report(found: dict[str, dict[str, float]]) -> int:
    webhook, bare = found["webhook"], found["bare view"]
    ratios = {name: webhook[name] / bare[name] for name in webhook}
    print(f"{'':<26}{'webhook':>12}{'bare view':>12}{'ratio':>9}")  # noqa: T201
    for name, ratio in ratios.items():
        print(f"{name:<26}{webhook[name]:>12.1f}{bare[name]:>12.1f}{ratio:>9.2f}")  # noqa: T201
    Path(processes.BASE_DIR, "var", "bench.json").write_text(
        json.dumps({"webhooks": found | {"ratio": ratios}}, indent=2)
    )
    held = ratios["deliveries/s"] >= LEAST_RATE and ratios["p99 ms"] <= LARGEST_P99
    bounds = f"at least {LEAST_RATE} of the rate, p99 at most {LARGEST_P99:g} times"
    print(f"{bounds}: {'held' if held else 'NOT HELD'}")  # noqa: T201
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
