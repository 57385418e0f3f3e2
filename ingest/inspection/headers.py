"""A delivery's headers as they may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping

MASK = "********"
SIGNATURES = ("x-hub-signature-256", "x-hub-signature")
# A signature is no secret, but lets anybody who reads it try out secrets at home.
SECRET = re.compile(r"authorization|cookie|key|password|secret|signature|token", re.IGNORECASE)


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: MASK if SECRET.search(name) else value for name, value in headers.items()}


def signature(headers: Mapping[str, str]) -> str:
    """The name of the strongest signature header that came, as it was written; empty where none did."""
    names = {name.lower(): name for name in headers}
    return next((names[wanted] for wanted in SIGNATURES if wanted in names), "")
