"""A person who connects a team: their browser here, and the pages of the stand-in."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from django.test import Client

HERE = "/a/ours/integrations/github/"


def to_github(client: Client, path: str = HERE) -> str:
    """The address at GitHub to which the button leads."""
    answer = client.post(f"{path}authorize/")
    assert answer.status_code == 302, answer.text
    return str(answer.headers["Location"])


def press(address: str, decision: str = "authorize") -> str:
    """The address, without its host, to which GitHub sends the browser back."""
    page = requests.get(address, timeout=10)
    assert page.status_code == 200
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    form = {name: html.unescape(value) for name, value in found} | {"decision": decision}
    answer = requests.post(address.partition("?")[0], data=form, timeout=10, allow_redirects=False)
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def connect(client: Client, decision: str = "authorize") -> Any:
    """The whole way; the page on which it ends."""
    return client.get(press(to_github(client), decision), follow=True)


def back_with(**values: str) -> str:
    return f"/integrations/github/callback/?{urlencode(values)}"
