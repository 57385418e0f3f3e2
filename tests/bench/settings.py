"""The product's settings, and the bare view beside its own addresses."""

from tformance.settings import *  # noqa: F403
from tformance.settings import INSTALLED_APPS, LOGGING

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.bare"]
ROOT_URLCONF = "tests.bench.urls"
LOGGING = {**LOGGING, "root": {**LOGGING["root"], "level": "WARNING"}}
