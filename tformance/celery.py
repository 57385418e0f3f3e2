"""The Celery app: `celery -A tformance worker -l info`."""

import logging
import os
from typing import Any

from celery import Celery, signals
from django_structlog.celery.steps import DjangoStructLogInitStep

from tformance import embedded_broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")
embedded_broker.install()

app = Celery("tformance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@signals.setup_logging.connect
def keep_our_logging(loglevel: int | None = None, **kwargs: Any) -> None:
    """Celery would put handlers of its own on the root logger, which mask nothing."""
    if loglevel is not None:
        logging.getLogger().setLevel(loglevel)


@signals.worker_init.connect
@signals.beat_init.connect
def check_settings_first(**kwargs: Any) -> None:
    from tformance.checks import refuse_wrong_settings

    refuse_wrong_settings()
