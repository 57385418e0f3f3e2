"""`manage.py demo` as it is run, compared with the world that the stand-in made up."""

from __future__ import annotations

import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from django.conf import settings

from ingest.standin import World
from ingest.standin.facts import Pull
from tformance.demo.browser import Browser

# What an operator may have set. The demo touches none of it.
OPERATORS = {
    "DATABASE_URL": "sqlite:////no/such/folder/production.sqlite3",
    "SITE_URL": "https://metrics.example.com",
    "GITHUB_API_URL": "https://github.example.com/api/v3",
    "GITHUB_TOKEN": "a-real-token",
    "CELERY_BROKER_URL": "redis://queue.example.com/0",
    "DEBUG": "on",
}


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo", *arguments]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=os.environ | OPERATORS,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("a demo%41, its+own")


@pytest.fixture(scope="module")
def database(folder):
    return str(folder / "demo.sqlite3")


@pytest.fixture(scope="module")
def first(folder, database):
    done = run(folder, "--no-serve", "--database", database)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def world(first):
    seed, now = re.search(r"seed (\d+), as of ([\d-]+ [\d:]+) UTC", first).groups()
    return World.generate(seed=int(seed), pulls=240, now=datetime.fromisoformat(now).replace(tzinfo=UTC))


@pytest.fixture(scope="module")
def pulls(world):
    return [world.pull(number) for number in range(1, 241)]


def result(output: str) -> dict[str, list[float]]:
    """The tables of the result: the numbers behind each name, as "cycle time": [204, 23.35, 66.48]."""
    found, title = {}, ""
    for line in output.partition("\nevents stored ")[2].splitlines()[1:]:
        name, *numbers = re.split(r"\s{2,}", line.strip())
        try:
            values = [float(number.replace(",", "")) for number in numbers]
        except ValueError:
            title = name
            continue
        if values:
            found[name if name not in found else f"{title}: {name}"] = values
    return found


def state(pull: Pull) -> str:
    return "merged" if pull.merged_at else pull.state


def hours(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds() / 3600 + 1e-9, 2)


def spread(values: list[float]) -> list[float]:
    _, median, p75 = statistics.quantiles(values, n=4, method="inclusive")
    return [len(values), median, p75]


def first_review(pull: Pull) -> datetime | None:
    times = [
        review.submitted_at
        for review in pull.reviews
        if review.submitted_at
        and review.user != pull.author
        and not (review.user and review.user.login.endswith("[bot]"))
    ]
    return min(times, default=None)


def test_the_result_is_what_the_world_holds(first, world, pulls):
    found = result(first)
    states = Counter(map(state, pulls))
    assert {name: found[name] for name in states} == {name: [n] for name, n in states.items()}
    assert found["pull requests: all"] == [240]

    # Whole pull requests by GraphQL; what goes on behind their first 20 commits comes a hundred at a time.
    further = sum(-(-(len(pull.commits) - 20) // 100) for pull in pulls if len(pull.commits) > 20)
    events = {"pull_request": 240 + further}
    assert {name: found[name] for name in events} == {name: [n] for name, n in events.items()}
    assert found["all"] == [sum(events.values()) + found["ping"][0]]

    cycle = [hours(pull.created_at, pull.merged_at) for pull in pulls if pull.merged_at]
    review = [hours(pull.created_at, at) for pull in pulls if (at := first_review(pull))]
    assert found["cycle time"] == pytest.approx(spread(cycle), abs=0.011)
    assert found["time to first review"] == pytest.approx(spread(review), abs=0.011)
    assert 240 / 50 < found["requests"][0] < 240 / 10
    assert found["seconds"][0] > 0


def test_again_it_stores_nothing_and_says_the_same(first, folder, database):
    again = run(folder, "--no-serve", "--database", database)
    assert again.returncode == 0, again.stderr
    assert "240 pull requests (0 fetched, 240 unchanged)" in again.stdout
    before, after = result(first), result(again.stdout)
    # The stand-in forgets its webhook when it ends: the new one tells that it is there.
    assert after["ping"][0] - before["ping"][0] in (0, 1)
    for of_the_run in ("requests", "seconds", "ping", "all"):
        del before[of_the_run], after[of_the_run]
    assert after == before


@contextmanager
def serving(folder, database, *arguments):
    process = subprocess.Popen(
        command("--port", "0", "--database", database, *arguments),
        cwd=folder,
        env=os.environ | OPERATORS,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        # As a shell starts what it puts in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        for line in process.stdout:
            if found := re.search(r"The pages are at (http://127\.0\.0\.1:\d+/)", line):
                yield process, found[1]
                return
        raise AssertionError("it ended before it served")
    finally:
        process.kill()
        process.communicate()


def test_the_pages_show_the_same_to_anybody_on_this_machine_until_ctrl_c(first, folder, database, pulls):
    with serving(folder, database, "--every", "0") as (process, site):
        home = requests.get(site, timeout=20)
        assert home.status_code == 200
        text = re.sub(r"<[^>]+>|\s+", " ", home.text)
        found = result(first)
        for name in ("open", "merged", "closed"):
            assert re.search(rf"\b{found[name][0]:.0f}\s+{name}\b", text)
        for name in ("cycle time", "time to first review"):
            n, median, p75 = found[name]
            assert f"{median:,.2f} h" in text
            assert f"{p75:,.2f} h" in text
            assert f"n = {n:.0f} " in text

        listed = requests.get(f"{site}a/demo/pulls/", timeout=20)
        assert listed.status_code == 200
        assert f"#{max(pulls, key=lambda pull: pull.created_at).number}<" in listed.text
        assert requests.get(f"{site}static/dashboard/icon.svg", timeout=20).status_code == 200

        missing = requests.get(f"{site}a/others/", timeout=20)
        assert missing.status_code == 404
        assert "Not found" in missing.text
        assert "Traceback" not in missing.text
        foreign = requests.get(site, headers={"Host": "metrics.example.com"}, timeout=20)
        assert foreign.status_code == 400

        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        assert process.returncode == 0
        assert "Stopped." in output


def wait_for(text, browser, path):
    end = time.monotonic() + 60
    while True:
        browser.open(path)
        if text in browser.page.text:
            return
        assert time.monotonic() < end, f"{text!r} is not on {path}: {browser.page.text}"
        time.sleep(0.2)


def test_a_visitor_follows_another_repository_and_hears_of_it(first, folder, database):
    with serving(folder, database, "--every", "1") as (_, site):
        browser = Browser(site)
        browser.open("/a/demo/integrations/github/")
        assert "Connected to</dt><dd>acme" in browser.page.text
        assert "<b>12</b> <span>people</span>" in browser.page.text
        path = "/a/demo/integrations/github/repos/"
        browser.open(path)
        assert "acme/capsule" not in browser.page.text  # archived
        one = re.search(rf'href="({path}\d+/)">acme/simulator<', browser.page.text)[1]
        browser.open(one)
        browser.press(f"{one}toggle/", follow="1", window="30")
        wait_for(">Synced<", browser, one)
        wait_for(">Webhook active<", browser, one)
        # Titles are changed now and then, and only deliveries can tell.
        wait_for("Second thoughts about", browser, "/a/demo/pulls/?repository=acme/simulator")


def test_stopped_in_the_middle_it_leaves_nothing_and_goes_on_the_next_time(tmp_path):
    process = subprocess.Popen(
        command("--no-serve", "--database", str(tmp_path / "demo.sqlite3")),
        env=os.environ | OPERATORS | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for line in process.stdout:
        if line.startswith("Connected to acme"):
            break
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == {"demo"}


def test_a_taken_port_is_found_before_the_work(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "--port", str(port), "--database", str(tmp_path / "demo.sqlite3"))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert str(port) in line
    assert "--port" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "http"], ["--seed", "1"]])
def test_wrong_usage(tmp_path, arguments):
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_database_that_cannot_be_made_is_one_line(tmp_path):
    done = run(tmp_path, "--no-serve", "--database", str(tmp_path / "nowhere" / "demo.sqlite3"))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "database" in line
