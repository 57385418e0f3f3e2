"""Telling a worker what to do. What is to be done stands in a row, so that a lost message costs time only."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def send_after_commit(task: Any, *args: Any) -> None:
    """Send a task once what it reads is committed. Never raises: with the broker down, beat finds the row."""
    transaction.on_commit(partial(_send, task, args))


def _send(task: Any, args: tuple[Any, ...]) -> None:
    try:
        task.delay(*args)
    except (OperationalError, OSError) as error:
        logger.warning("no worker could be told of %s, beat will look: %s", task.name, error)
