"""The frame: settings, URLs, the Celery app, system checks."""

from tformance.celery import app as celery_app

__all__ = ["celery_app"]
