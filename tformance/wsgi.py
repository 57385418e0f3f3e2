"""The web application for a WSGI server: `gunicorn tformance.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tformance.settings")

application = get_wsgi_application()

# Needs the settings that the line above loads.
from tformance.checks import refuse_wrong_settings  # noqa: E402

refuse_wrong_settings()
