"""Somebody who does not live in a terminal finds what went wrong, sees it mended, and knows what changed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.releases import release_before


@pytest.fixture
def wide(open_browser):
    """With the sections of a team beside each other, not in a menu."""
    return open_browser(viewport={"width": 1280, "height": 900})


def section(page, name):
    page.locator("nav.tabs-line").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def until_complete(page):
    """A run's page, which shows by itself when it is over."""
    expect(page.locator("#run .badge", has_text="complete")).to_be_visible()


def test_a_release_mends_what_the_one_before_parked_and_counted_wrongly(wide, site, tmp_path):
    page = wide
    world = next(one for one in site.standin.worlds if one.repository.name == "handbook")

    def review():
        world.review(3, "APPROVED")
        world.dismiss(3)

    site.standin.happen(world, 3, review)
    with site.before_deploying(release_before(tmp_path / "before")):
        team = steps.new_team(page)
        # Each has a review that was dismissed.
        names = ("acme/handbook", "acme/launchpad")
        for name in names:
            steps.follow(page, team, name)
        steps.repositories(page, team)
        for name in names:
            expect(steps.card(page, name).get_by_text("Synced", exact=True)).to_be_visible()
        steps.wait_for(page, f"{team}operate/", "<b>0</b> <span>streams pending")

        page.goto(team)
        # Three clicks.
        section(page, "Events")
        page.get_by_role("link", name=re.compile("^parked")).click()
        expect(page.get_by_role("row").filter(has_text="acme/handbook").first).to_be_visible()
        page.get_by_role("row").filter(has_text="acme/launchpad").get_by_role("link").first.click()
        attempts = page.get_by_role("region", name="Attempts")
        expect(attempts).to_contain_text("Invalid enum value 'DISMISSED'")
        event = page.url

    page.get_by_role("button", name="Replay its stream").click()
    until_complete(page)
    expect(page.locator("#run")).to_contain_text("Done:")
    page.goto(event)
    expect(page.locator(".panel .badge")).to_have_text("processed")
    expect(attempts).to_have_count(0)

    section(page, "Operate")
    page.get_by_role("link", name=re.compile("streams made by an older version")).click()
    page.get_by_role("button", name="Preview", exact=True).click()
    until_complete(page)
    impact = page.get_by_role("region", name="What it does to the numbers")
    expect(impact.get_by_role("row", name=re.compile("^Size changes as stored"))).to_be_visible()
    expect(page.get_by_role("region", name="Why rows change")).to_contain_text("size")
    moved = page.get_by_role("region", name="What moves most")
    expect(moved).to_contain_text("acme/launchpad#19")
    page.get_by_role("button", name="Apply", exact=True).click()
    until_complete(page)
    replay = page.get_by_role("heading", level=1).inner_text().lower()

    changed = page.get_by_role("link", name=re.compile(f"numbers changed on .* by {replay}"))
    section(page, "Pull requests")
    launchpad = next(one for one in site.standin.worlds if one.repository.name == "launchpad")
    page.get_by_role("link", name=launchpad.pull(19).title).click()
    expect(changed).to_be_visible()
    size = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Size", exact=True))
    expect(size).to_contain_text(f"{launchpad.pull(19).additions + launchpad.pull(19).deletions:,}")
    page.goto(team)
    changed.click()
    until_complete(page)


def test_two_versions_of_a_pull_request_differ_in_what_somebody_did(wide, site):
    page = wide
    team = steps.new_team(page)
    steps.follow(page, team, "acme/launchpad")
    card = steps.card(page, "acme/launchpad")
    expect(card.get_by_text("Synced", exact=True)).to_be_visible()
    steps.wait_for(page, page.url, "Webhook active")
    world = next(one for one in site.standin.worlds if one.repository.name == "launchpad")
    for title in ("Fly me to the moon", "Fly me to Mars"):
        site.standin.happen(world, 5, lambda title=title: world.retitle(5, title))
        steps.wait_for(page, f"{team}pulls/", title)

    section(page, "Pull requests")
    page.get_by_role("link", name="Fly me to Mars").click()
    page.get_by_role("link", name=re.compile("^Timeline of")).click()
    page.get_by_role("row").filter(has_text="edited").last.get_by_role("link").last.click()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("status")).to_contain_text("3 places changed")
    changes = page.get_by_role("table").get_by_role("row")
    expect(changes.get_by_role("rowheader")).to_have_text(
        ["$.pull_request.title", "$.pull_request.updated_at", "$.changes.title.from"]
    )
    title = changes.filter(has_text="$.pull_request.title")
    expect(title.get_by_role("cell")).to_have_text(['"Fly me to the moon"', '"Fly me to Mars"'])
