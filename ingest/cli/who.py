"""Who works at the terminal, for the audit."""

import getpass
import os


def at_the_terminal() -> str:
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        name = f"user {os.getuid()}"
    return f"{name}, on the command line"
