"""The same with scripts switched off: links and forms."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import steps


def reload_until(page, locator):
    """Nothing is live here: the page is loaded again, as a person does it."""
    for _ in range(200):
        if locator.count():
            return
        page.reload()
        page.wait_for_timeout(200)
    raise AssertionError(page.inner_text("main"))


def test_following_and_syncing(open_browser, site):
    page = open_browser(java_script_enabled=False)
    steps.sign_up(page)
    team = steps.make_team(page)
    steps.connect(page, team)
    page.goto(f"{team}integrations/github/repos/")
    link = page.get_by_role("link", name="acme/launchpad")
    reload_until(page, link)
    page.get_by_label("Visibility").select_option("private")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("link", name="acme/rocket")).to_have_count(0)
    link.click()

    card = steps.card(page, "acme/launchpad")
    card.get_by_label("Pull requests").select_option("365")
    card.get_by_role("button", name="How much is it?").click()
    expect(card.get_by_role("status").last).to_contain_text("API calls, about")
    expect(card.get_by_label("Pull requests")).to_have_value("365")
    card.get_by_role("button", name="Follow and sync").click()
    reload_until(page, card.get_by_text("Synced", exact=True))

    card.get_by_role("button", name="Sync", exact=True).click()
    expect(page.get_by_role("heading", name="acme/launchpad")).to_contain_text("Run")
    reload_until(page, page.locator("#run .badge", has_text="Complete"))
    page.goto(f"{team}integrations/github/repos/")
    card.get_by_role("button", name="Stop following").click()
    expect(page.get_by_role("main")).to_contain_text("is not followed any more")
