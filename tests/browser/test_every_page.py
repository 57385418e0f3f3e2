"""Every address of the site that shows a page: for everybody, on a phone, in the dark, by keyboard."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import expect

from tests.browser import steps
from tests.test_access import ELSEWHERE, SIGN_IN, TABLE
from tests.test_access import path_of as address_of

AXE = settings.BASE_DIR / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ["serious", "critical"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# For programs, or files.
NO_PAGES = re.compile("healthz.*|metrics|.*/raw/")
# Their links are in mails, or stand only where something has failed.
BY_NO_LINK = [address for address in TABLE if "key" in address or "/parked/" in address]
NOBODY, ADMIN = 0, 3
SETTLED = "() => Promise.all(document.getAnimations().map(one => one.finished.catch(() => null)))"
FINDINGS = """async ([serious, rules]) => {
    const found = await axe.run(document, {preload: false, iframes: false, ...rules});
    return found.violations.filter(one => serious.includes(one.impact)).map(one => [
        one.id, one.help,
        one.nodes.map(node => node.html.slice(0, 200) + ' ' + node.any.map(any => any.message))]);
}"""
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth)
        .map(one => one.outerHTML.slice(0, 150))"""


def asked(place: int) -> list[str]:
    """What answers a person itself, with or without an error; `place`: in the rows of the table."""
    elsewhere = (SIGN_IN, ELSEWHERE) if place == 0 else (SIGN_IN,)
    return [
        address
        for address, answers in TABLE.items()
        if not address.startswith("POST ")
        and not NO_PAGES.fullmatch(address)
        and answers[place] not in elsewhere
    ]


def path_of(address: str, slug: str) -> str:
    return address_of(address.replace("<slug:team_slug>", slug))


def without_slug(address: str) -> str:
    return address.replace("<slug:team_slug>", "")


def matches(address: str, path: str, slug: str) -> bool:
    pattern = re.escape("/" + address.replace("<slug:team_slug>", slug))
    return re.fullmatch(re.sub("<[a-z]+:[a-z_]+>", "[^/]+", pattern), path) is not None


@pytest.fixture
def page(open_browser):
    page = open_browser(viewport=DESK)
    # As the browser's own: what a page loads itself is held back by its content policy.
    page.context.add_init_script(path=AXE)
    return page


def faults(page, path: str) -> list[str]:
    """Light and dark, wide and narrow."""
    found = []
    # All that the colours change is the contrast.
    for scheme, rules in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme)
        page.evaluate(SETTLED)
        found += [
            f"{path} ({scheme}): {json.dumps(one, indent=1)}"
            for one in page.evaluate(FINDINGS, [SERIOUS, rules])
        ]
    page.set_viewport_size(PHONE)
    found += [f"{path} is wider than a phone: {one}" for one in page.evaluate(TOO_WIDE)]
    page.set_viewport_size(DESK)
    return found


def visit(page, path: str) -> list[str]:
    answer = page.goto(path)
    if not answer.headers["content-type"].startswith("text/html"):
        pytest.fail(f"{path} is no page: name it in NO_PAGES")
    return faults(page, path)


def check(page, paths: list[str]) -> None:
    found = [fault for path in paths for fault in visit(page, path)]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_pages_for_everybody(page, site):
    check(page, [path_of(address, "none") for address in asked(NOBODY)])


def test_pages_of_a_team_without_anything(page, site):
    steps.sign_up(page)
    check(page, ["/", "/teams/"])
    slug = steps.make_team(page).split("/")[2]
    check(page, [path_of(address, slug) for address in asked(ADMIN)])


def test_pages_of_a_team_with_everything(page, site):
    """Each page of one thing is reached by a link that stands on another page."""
    team = steps.new_team(page)
    slug = team.split("/")[2]
    steps.follow(page, team)
    expect(steps.card(page, "acme/launchpad").get_by_text("Synced", exact=True)).to_be_visible()
    repository = urlsplit(page.url).path
    site.manage("replay", "--team", slug)
    page.goto(f"{team}members/")
    page.get_by_label("reads payloads").check()
    page.get_by_role("button", name=re.compile("^Save")).click()
    page.get_by_role("main").get_by_label(re.compile("mail", re.IGNORECASE)).fill("b@example.com")
    page.get_by_role("button", name="Invite").click()
    invitation = urlsplit(page.get_by_label("Link", exact=True).input_value()).path
    found = faults(page, "the new invitation")

    wanted = [address for address in asked(ADMIN) if address not in BY_NO_LINK]
    # Of these there is one; the others are found by links.
    waiting = [
        invitation,
        repository,
        *(path_of(address, slug) for address in wanted if "<" not in without_slug(address)),
    ]
    waiting += [f"{team}integrations/github/repos/?archived=1", f"{team}pulls/?state=open&author=nobody"]
    seen = set()
    while waiting:
        path = waiting.pop(0)
        seen |= {address for address in wanted if matches(address, urlsplit(path).path, slug)}
        found += visit(page, path)
        for link in page.eval_on_selector_all("a[href]", "all => all.map(one => one.pathname)"):
            new = {address for address in wanted if matches(address, link, slug)} - seen
            seen |= new
            waiting += [link] if new else []
    if found:
        pytest.fail("\n".join(found), pytrace=False)
    assert set(wanted) - seen == set(), "no link leads there"


def test_error_pages(page, site):
    def fail(route):
        route.fulfill(status=500, content_type="text/html", body=render_to_string("500.html"))

    page.route("**/fails/", fail)
    check(page, ["/no/such/page/", "/fails/"])
    page.goto("/sign-in/")
    page.context.clear_cookies()
    page.get_by_label(re.compile("mail", re.IGNORECASE)).fill("a@example.com")
    page.locator("input[type=password]").fill("whatever it is")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert faults(page, "without a token") == []


def test_by_keyboard(page, site):
    team = steps.new_team(page)
    page.goto(f"{team}pulls/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        name, visible = page.evaluate(
            """() => {
                const one = document.activeElement, style = getComputedStyle(one);
                const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
                return [one.outerHTML.slice(0, 120), ring || style.boxShadow !== 'none'];
            }"""
        )
        if name in seen or name.startswith("<body"):
            break
        seen.add(name)
        assert visible, f"nobody sees that the focus is on {name}"
    assert len(seen) > 3


def test_the_chosen_colours_stay(page, site):
    page.emulate_media(color_scheme="light")
    page.goto("/sign-in/")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_role("button", name="dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.evaluate(SETTLED)
    dark = page.evaluate(background)
    assert dark != light
    page.goto("/sign-up/")
    assert page.evaluate(background) == dark
