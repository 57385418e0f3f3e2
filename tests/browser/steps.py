"""What people do in front of the pages. Each step ends when the next page is there."""

from __future__ import annotations

from itertools import count
from typing import Any

from playwright.sync_api import expect

from tests.browser.installation import SECONDS_TO_WAIT
from tests.live.processes import wait_until

PASSWORD = "a rocket is no teapot"
_numbers = count(1)


def sign_up(page: Any, email: str = "") -> str:
    """A new person; their address."""
    email = email or f"person{next(_numbers)}@example.com"
    if "/sign-up/" not in page.url:
        page.goto("/sign-up/")
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).fill(email)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.get_by_role("button", name="Sign up", exact=True).click()
    page.wait_for_url(lambda url: "/sign-up/" not in url)
    return email


def make_team(page: Any) -> str:
    """A new team of the person's; its address."""
    page.goto("/teams/new/")
    n = next(_numbers)
    page.get_by_label("Name").fill(f"Team {n}")
    page.get_by_label("Address").fill(f"team-{n}")
    page.get_by_role("button", name="Make the team").click()
    page.wait_for_url(f"**/a/team-{n}/**")
    return f"/a/team-{n}/"


def connect(page: Any, team: str, button: str = "Authorize") -> None:
    """Through GitHub's page; ends where GitHub sends the browser back to."""
    page.goto(f"{team}integrations/github/")
    page.get_by_role("button", name="Connect with GitHub").click()
    expect(page.get_by_role("heading", name="Authorize standin")).to_be_visible()
    page.get_by_role("button", name=button).click()
    page.wait_for_url(lambda url: team in url)


def new_team(page: Any) -> str:
    """Somebody with a team that is connected to acme; its address."""
    sign_up(page)
    team = make_team(page)
    connect(page, team)
    expect(page.get_by_role("heading", name="acme")).to_be_visible()
    return team


def repositories(page: Any, team: str) -> None:
    """The list, as soon as GitHub has told it."""
    page.goto(f"{team}integrations/github/repos/")
    expect(page.get_by_role("link", name="acme/rocket")).to_be_visible()


def wait_for(page: Any, path: str, text: str) -> None:
    """Until the page at that address says so: it is asked for again and again, as no page shows it itself."""
    wait_until(
        lambda: text in page.context.request.get(path).text(), SECONDS_TO_WAIT, f"{path} says {text!r}"
    )


def card(page: Any, name: str) -> Any:
    return page.get_by_role("article", name=name)


def follow(page: Any, team: str, name: str = "acme/launchpad", window: str = "all") -> None:
    """Ends on the repository's page; the history is still on its way."""
    repositories(page, team)
    page.get_by_role("link", name=name).click()
    card(page, name).get_by_label("Pull requests").select_option(window)
    card(page, name).get_by_role("button", name="Follow and sync").click()
    expect(card(page, name).get_by_role("button", name="Stop following")).to_be_visible()
