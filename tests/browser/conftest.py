"""The product as it runs, with a GitHub stand-in beside it, and Chromium in front of it: `make browser`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from ingest.standin import Standin, World
from ingest.standin.behaviour import Behaviour
from ingest.standin.wire import listen
from tests.browser.door import Door
from tests.browser.installation import SECONDS_TO_WAIT, Installation
from tests.live import processes
from tests.live.processes import START_SECONDS, free_port, listens, wait_until

# They take minutes and a browser. `make test` leaves them out.
if "BROWSER" not in os.environ:
    collect_ignore_glob = ["test_*.py"]

MILLISECONDS = 1000 * SECONDS_TO_WAIT
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# Set on a test when it has failed: then what the pages show is printed with it.
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    answer = yield
    if answer.get_result().failed:  # type: ignore[attr-defined]
        item.stash[FAILED] = True


def worlds() -> list[World]:
    now = datetime.now(UTC)

    def world(repository: str, seed: int, pulls: int, owner: str = "acme", **about: Any) -> World:
        return World.generate(owner=owner, repository=repository, seed=seed, pulls=pulls, now=now, **about)

    return [
        world("rocket", 7, 60),
        world("launchpad", 11, 20, private=True, language="Go"),
        world("capsule", 12, 12, archived=True),
        world("handbook", 13, 12, language=None, can_admin=False),
        world("lander", 14, 12, owner="orbit"),
    ]


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Web, worker and beat as production starts them, on a database of their own."""
    folder = tmp_path_factory.mktemp("browser")
    port = free_port()
    with ExitStack() as stack:
        standin = Standin(worlds(), Behaviour(), lambda: datetime.now(UTC))
        standin.oauth.register("sign-in", "sign-in-secret")
        door = Door(standin)
        standin.url = stack.enter_context(listen(door))
        shared = processes.environment(
            DATABASE_URL=f"sqlite:///{folder}/db.sqlite3",
            CELERY_BROKER_URL=f"filesystem://localhost{folder}/broker",
            SITE_URL=f"http://127.0.0.1:{port}",
            GITHUB_API_URL=standin.url,
            GITHUB_WEB_URL=standin.url,
            GITHUB_CLIENT_ID="standin",
            GITHUB_CLIENT_SECRET="standin-secret",
            SIGN_IN_GITHUB_CLIENT_ID="sign-in",
            SIGN_IN_GITHUB_CLIENT_SECRET="sign-in-secret",
            SIGN_UP="open",
        )
        worker = processes.worker(shared, folder)
        found = Installation(f"http://127.0.0.1:{port}", standin, door, folder, shared, worker)
        found.manage("migrate", "--verbosity", "0")
        web = processes.web(shared, folder, port)
        for process in (web, worker, processes.beat(shared, folder)):
            stack.callback(process.stop)
            process.start()
        wait_until(lambda: listens(port), START_SECONDS, "the web server starts")
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=MILLISECONDS)
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail("No Chromium here. On Debian: apt install chromium; or set CHROMIUM to the program.")
    with sync_playwright() as playwright:
        # Root may not use the sandbox; all that is opened is on this machine.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def site(installation: Installation) -> Iterator[Installation]:
    """With a stand-in that does nothing wrong."""
    behaviour = installation.standin.behaviour
    vars(behaviour).update(asdict(Behaviour(organizations=("acme",))))
    yield installation
    vars(behaviour).update(asdict(Behaviour()))


@pytest.fixture
def open_browser(site: Installation, chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Makes a page of a new browser: no cookies, and whatever it complains of fails the test."""
    complaints: list[str] = []
    pages: list[Any] = []
    with ExitStack() as stack:

        def make(**options: Any) -> Any:
            context = chromium.new_context(base_url=site.url, **options)
            stack.callback(context.close)
            context.set_default_timeout(MILLISECONDS)
            page = context.new_page()
            pages.append(page)
            page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
            page.on("console", lambda message: complaints.extend(_complaint(page, site.url, message)))
            return page

        yield make
        if request.node.stash.get(FAILED, False):
            for page in pages:
                sys.stdout.write(f"\n{page.url}\n{page.inner_text('body')}\n")
    assert not complaints, "\n".join(complaints)


def _complaint(page: Any, site: str, message: Any) -> list[str]:
    """Violations of the content policy are told as errors too."""
    if not page.url.startswith(site):
        return []  # the stand-in's own pages
    # That a page answers 404 or 403 is for the test to judge.
    refused = message.text.startswith("Failed to load resource") and message.location["url"] == page.url
    bad = message.type in ("error", "warning") and not refused
    return [f"{page.url}: {message.type}: {message.text}"] if bad else []


@pytest.fixture
def page(open_browser: Any) -> Any:
    return open_browser()
