"""The frame: settings, URLs, the Celery app, system checks."""
