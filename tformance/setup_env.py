"""Write `.env` with fresh keys, once. Runs before anything is installed: standard library only."""

import base64
import os
import secrets
import sys
from pathlib import Path

TEMPLATE = """\
# Made by `make setup`, never overwritten. The environment wins over this file.
SECRET_KEY={secret_key}
# The first key encrypts, all of them decrypt; separated by commas. Without these keys stored tokens are lost.
FIELD_ENCRYPTION_KEYS={encryption_key}
"""


def write_env_file(path: Path) -> bool:
    """False when the file was there already."""
    try:
        # The mode is given at creation: between a plain write and a chmod others could read the keys.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(
            TEMPLATE.format(
                secret_key=secrets.token_urlsafe(50),
                encryption_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            )
        )
    return True


if __name__ == "__main__":
    if write_env_file(Path(sys.argv[1])):
        sys.stderr.write(f"wrote {sys.argv[1]} with new keys\n")
