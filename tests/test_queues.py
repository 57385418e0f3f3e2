"""Which worker takes which messages: a delivery must not wait behind backfills."""

import re

import pytest
from celery import current_app
from django.conf import settings

from apps.integrations import tasks
from ingest import tasks as live


def queue_of(task) -> str:
    name: str = current_app.amqp.router.route({}, task.name)["queue"].name
    return name


@pytest.mark.parametrize("task", [live.process_pending, live.work_on_replay, live.resume_replays])
def test_deliveries_and_replays_have_a_queue(task):
    assert queue_of(task) == "celery"


@pytest.mark.parametrize("task", [tasks.continue_backfill, tasks.sync_repository_history_task])
def test_turns_of_backfills_have_another(task):
    assert queue_of(task) == "backfill"


def test_what_else_asks_github_has_a_third():
    others = [
        task
        for name, task in current_app.tasks.items()
        if name.startswith("apps.integrations.tasks.")
        and task not in (tasks.continue_backfill, tasks.sync_repository_history_task)
    ]
    assert len(others) > 10
    assert {queue_of(task) for task in others} == {"github"}


@pytest.mark.parametrize("file", ["Procfile", "compose.yaml", "docs/deploy.md"])
def test_in_production_no_worker_of_deliveries_takes_backfills(file):
    workers = re.findall(r"celery -A tformance worker[^`\n]*", (settings.BASE_DIR / file).read_text())
    queues = [set(given.split(",")) for line in workers for given in re.findall(r"-Q (\S+)", line)]
    assert len(queues) == len(workers) == 2
    assert {"celery", "github"} in queues
    assert {"backfill"} in queues


def test_a_worker_as_the_readme_starts_it_takes_from_all():
    assert set(current_app.amqp.queues) == {"celery", "github", "backfill"}


def test_a_message_goes_to_one_queue():
    before = waiting()
    tasks.continue_backfill.delay(0)
    tasks.settle_webhook.delay(0)
    live.process_pending.delay()
    assert {name: count - before[name] for name, count in waiting().items()} == dict.fromkeys(before, 1)
    with current_app.connection_for_write() as connection:
        for name in before:
            connection.default_channel.queue_purge(name)


def waiting() -> dict[str, int]:
    with current_app.connection_for_write() as connection:
        channel = connection.default_channel
        return {name: channel.queue_declare(name).message_count for name in current_app.amqp.queues}
