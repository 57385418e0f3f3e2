"""A person signs up, connects their organisation, and sees its pull requests; then invites a colleague."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import steps


def number(tile):
    return int(tile.locator("b").inner_text().replace(",", ""))


def test_from_signing_up_to_the_list_of_pull_requests(page, site):
    site.standin.behaviour.organizations = ("acme", "orbit")
    page.goto("/")
    page.get_by_role("link", name="Sign up").click()
    steps.sign_up(page)
    team = steps.make_team(page)
    steps.connect(page, team)
    page.get_by_label("acme").check()
    page.get_by_role("button", name="Connect to it").click()
    expect(page.get_by_role("status")).to_contain_text("Connected to acme")

    page.get_by_role("link", name="Choose repositories").click()
    expect(page.get_by_role("link", name="acme/rocket")).to_be_visible()
    expect(page.get_by_role("link", name="acme/capsule")).to_have_count(0)
    page.get_by_label("With archived").check()
    expect(page.get_by_role("link", name="acme/capsule")).to_be_visible()
    page.get_by_role("searchbox").fill("rock")
    expect(page.get_by_role("link", name="acme/capsule")).to_have_count(0)

    rocket = steps.card(page, "acme/rocket")
    rocket.get_by_label("Pull requests").select_option("all")
    rocket.get_by_role("button", name="How much is it?").click()
    expect(rocket).to_contain_text(re.compile(r"60\s+pull requests"))
    rocket.get_by_label("Pull requests").select_option("all")
    with site.door.closed():
        rocket.get_by_role("button", name="Follow and sync").click()
        rocket.get_by_role("link", name=re.compile(r"Run \d+")).click()
        stored = page.locator(".tile", has_text="events stored")
        expect(stored.locator("b")).not_to_have_text("0")
        once = number(stored)
        # It climbs by itself, in the same page.
        page.evaluate("document.body.dataset.seen = 'yes'")
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(stored.locator("b")).not_to_have_text(f"{once}")
    assert number(stored) > once
    expect(page.locator("#run .badge", has_text="Complete")).to_be_visible()
    expect(page.locator("body")).to_have_attribute("data-seen", "yes")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)

    page.goto(f"{team}integrations/github/repos/")
    expect(rocket.get_by_text("Synced", exact=True)).to_be_visible()
    expect(rocket.get_by_text("Webhook active")).to_be_visible()
    page.get_by_role("link", name="Pull requests", exact=True).click()
    newest = site.standin.worlds[0].pull(60)
    expect(page.get_by_text(newest.title).first).to_be_visible()

    # What happens now comes by the webhook.
    world = site.standin.worlds[0]
    open_one = world.numbers("open")[0]
    site.standin.happen(world, open_one, lambda: world.retitle(open_one, "Fly me to the moon"))
    steps.wait_for(page, page.url, "Fly me to the moon")
    page.reload()
    expect(page.get_by_text("Fly me to the moon").first).to_be_visible()


def test_a_colleague_comes_by_the_link_and_sees_but_cannot_follow(page, open_browser):
    team = steps.new_team(page)
    steps.repositories(page, team)
    page.goto(f"{team}members/")
    invite = page.get_by_role("main")
    invite.get_by_label(re.compile("mail", re.IGNORECASE)).fill("colleague@example.com")
    invite.get_by_role("button", name="Invite").click()
    link = page.get_by_label("Link", exact=True).input_value()

    colleague = open_browser()
    colleague.goto(link)
    colleague.get_by_role("link", name="Sign up").click()
    steps.sign_up(colleague, "colleague@example.com")
    colleague.get_by_role("button", name="Join the team").click()
    colleague.wait_for_url(lambda url: team in url)
    steps.repositories(colleague, team)
    expect(colleague.get_by_role("button", name="Follow and sync")).to_have_count(0)
    colleague.goto(f"{team}integrations/github/")
    expect(colleague.get_by_role("heading", name="acme")).to_be_visible()
    expect(colleague.get_by_role("button", name="Disconnect")).to_have_count(0)
    refused = colleague.request.post(f"{team}integrations/github/disconnect/")
    assert refused.status == 403

    used = open_browser()
    used.goto(link)
    expect(used.get_by_role("heading", name="This invitation is not good any more")).to_be_visible()
