"""A browser as far as the demo needs one: it opens pages and presses the buttons that stand on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

SECONDS = 60


class Stuck(Exception):
    """A page answered with an error, or lacks the button; in a sentence."""


@dataclass
class Form:
    action: str
    values: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Forms that are posted, with their hidden fields."""

    def __init__(self, page: requests.Response) -> None:
        super().__init__()
        self.address = page.url
        self.found: list[Form] = []
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(urljoin(self.address, given.get("action", ""))))
        elif tag == "input" and given.get("type") == "hidden" and self.found:
            self.found[-1].values[given.get("name", "")] = given.get("value", "")


class Browser:
    """Follows redirects and keeps cookies. `page` is where it is."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.session = requests.Session()
        # Neither a proxy nor a password of the operator's is for this machine.
        self.session.trust_env = False
        self.page = requests.Response()

    def open(self, path: str) -> None:
        self._take(self.session.get(urljoin(self.site, path), timeout=SECONDS))

    def can_press(self, path: str) -> bool:
        """Whether the page has a form that is sent there."""
        return self._form(path) is not None

    def press(self, path: str, **values: str) -> None:
        form = self._form(path)
        if form is None:
            raise Stuck(f"{self.page.url} has no button that leads to {path}")
        self._take(self.session.post(form.action, data=form.values | values, timeout=SECONDS))

    def _form(self, path: str) -> Form | None:
        forms = _Forms(self.page).found
        return next((form for form in forms if urlsplit(form.action).path == path), None)

    def _take(self, page: requests.Response) -> None:
        if not page.ok:
            raise Stuck(f"{page.url} answered {page.status_code}")
        self.page = page
