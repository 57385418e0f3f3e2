"""What every test of the project runs under."""

import signal

from django.conf import settings

pytest_plugins = ["tests.database", "tests.network"]


def pytest_configure() -> None:
    """A shell starts what it puts in the background deaf to SIGINT, and so would be the processes of tests
    that send it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Passwords are hashed slowly on purpose, which is no test's subject.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
