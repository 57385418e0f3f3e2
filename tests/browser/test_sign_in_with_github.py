"""People who sign in with GitHub: invited, again, and with an account that was there before."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import steps


def authorize(page, button="Authorize"):
    expect(page.get_by_role("heading", name="Authorize sign-in")).to_be_visible()
    page.get_by_role("button", name=button).click()


def sign_out(page):
    page.locator("summary", has_text="@").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_colleague_comes_by_the_link_and_signs_in_with_github(page, open_browser, site):
    steps.sign_up(page)
    team = steps.make_team(page)
    page.goto(f"{team}members/")
    invite = page.get_by_role("main")
    invite.get_by_label(re.compile("mail", re.IGNORECASE)).fill("chiara@example.com")
    invite.get_by_role("button", name="Invite").click()
    link = page.get_by_label("Link", exact=True).input_value()

    site.standin.behaviour.person = "chiara-v"
    site.standin.behaviour.emails = (("private@example.com", True), ("chiara@example.com", True))
    colleague = open_browser()
    colleague.goto(link)
    colleague.get_by_role("link", name="Sign up").click()
    colleague.get_by_role("button", name="Sign up with GitHub").click()
    authorize(colleague)
    colleague.get_by_role("button", name="Join the team").click()
    colleague.wait_for_url(lambda url: team in url)

    sign_out(colleague)
    colleague.get_by_role("button", name="Sign in with GitHub").click()
    authorize(colleague)
    expect(colleague.get_by_role("heading", name="Team ")).to_be_visible()
    colleague.goto("/account/")
    expect(colleague.get_by_role("main")).to_contain_text("chiara-v is linked and signs you in.")
    expect(colleague.get_by_role("button", name="Unlink from GitHub")).to_have_count(0)


def test_an_account_that_was_there_before_is_linked_by_its_owner(page, site):
    email = steps.sign_up(page)
    site.standin.behaviour.person = "dmitri-k"
    site.standin.behaviour.emails = ((email, True),)
    sign_out(page)
    page.get_by_role("button", name="Sign in with GitHub").click()
    authorize(page, "Cancel")
    expect(page.get_by_role("main")).to_contain_text("You pressed Cancel at GitHub")
    page.get_by_role("button", name="Try again with GitHub").click()
    authorize(page)
    expect(page.get_by_role("main")).to_contain_text("to which dmitri-k is not linked")

    page.get_by_role("link", name="Sign in with the password").click()
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).fill(email)
    page.locator("input[type=password]").fill(steps.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Link GitHub account").click()
    authorize(page)
    expect(page.get_by_role("main")).to_contain_text("dmitri-k is linked: from now on GitHub signs you in.")
    sign_out(page)
    page.get_by_role("button", name="Sign in with GitHub").click()
    authorize(page)
    page.get_by_role("link", name="New team").click()
    page.goto("/account/")
    page.get_by_role("button", name="Unlink from GitHub").click()
    expect(page.get_by_role("button", name="Link GitHub account")).to_be_visible()
