"""What people read when GitHub says no, and where they go next."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import steps


def test_who_cancels_at_github_may_connect_later(page, site):
    steps.sign_up(page)
    team = steps.make_team(page)
    steps.connect(page, team, button="Cancel")
    main = page.get_by_role("main")
    expect(main).to_contain_text("You pressed Cancel at GitHub, so nothing was changed.")
    expect(page.get_by_role("heading", name="Not connected yet")).to_be_visible()
    steps.connect(page, team)
    expect(main).to_contain_text("Connected to acme")


def test_without_a_scope_the_page_says_which_and_what_breaks(page, site):
    site.standin.behaviour.granted = "read:org"
    steps.sign_up(page)
    team = steps.make_team(page)
    steps.connect(page, team)
    expect(page.get_by_text("permissions missing")).to_be_visible()
    missing = page.get_by_role("alert").filter(has_text="repo is missing.")
    expect(missing).to_contain_text("Private repositories cannot be seen")
    expect(missing).to_contain_text("Connect again and grant it.")
    site.standin.behaviour.granted = None
    page.get_by_role("button", name="Connect again with GitHub").click()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_text("connected", exact=True)).to_be_visible()
    expect(page.get_by_text("permissions missing")).to_have_count(0)


def test_a_token_revoked_in_the_middle_ends_the_run_and_connecting_again_goes_on(page, site):
    team = steps.new_team(page)
    with site.door.closed():
        steps.follow(page, team, "acme/rocket")
        page.get_by_role("article").get_by_role("link", name=re.compile(r"Run \d+")).click()
        expect(page.locator(".tile", has_text="pull requests done").locator("b")).not_to_have_text("0")
        site.standin.behaviour.revoked.update(site.standin.oauth.tokens)
    run = page.locator("#run")
    expect(run.locator(".badge")).to_have_text("Failed")
    expect(run).to_contain_text("Connect GitHub again, then sync: it goes on with what is missing.")

    run.get_by_role("link", name="GitHub connection").click()
    expect(page.get_by_role("alert")).to_contain_text("GitHub no longer takes the token")
    page.goto(f"{team}integrations/github/repos/")
    rocket = steps.card(page, "acme/rocket")
    expect(rocket.get_by_text("Sync error")).to_be_visible()
    expect(rocket.get_by_text("Syncing")).to_have_count(0)

    page.goto(f"{team}integrations/github/")
    page.get_by_role("button", name="Connect again with GitHub").click()
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("main")).to_contain_text("Connected again to acme")
    steps.repositories(page, team)
    rocket.get_by_role("button", name="Sync", exact=True).click()
    expect(rocket.get_by_text("Synced", exact=True)).to_be_visible()
