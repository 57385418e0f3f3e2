"""The pages' style: what is fetched for it, and from where it is built."""

import importlib.util
import json
import re
import sys

import pytest
from django.conf import settings
from django.contrib.messages.constants import DEFAULT_TAGS

ROOT = settings.BASE_DIR


@pytest.fixture(scope="module")
def builder():
    """`frontend/` is no package: the script runs before anything is installed."""
    spec = importlib.util.spec_from_file_location("frontend_build", ROOT / "frontend" / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_packages_are_pinned_and_their_lock_names_no_host():
    package = json.loads((ROOT / "package.json").read_text())
    wanted = package.get("dependencies", {}) | package["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert lock["packages"][""]["devDependencies"] == package["devDependencies"]
    fetched = {name: entry for name, entry in lock["packages"].items() if name}
    # The ones that npm keeps inside another package's archive have no digest of their own.
    assert all("integrity" in entry for entry in fetched.values() if not entry.get("inBundle"))
    assert [name for name, entry in fetched.items() if "resolved" in entry] == []


def test_every_machine_finds_its_own_program_in_the_lock():
    lock = (ROOT / "package-lock.json").read_text()
    for platform in ("linux-x64-gnu", "linux-arm64-gnu", "linux-x64-musl", "darwin-arm64", "win32-x64-msvc"):
        assert f'"node_modules/@tailwindcss/oxide-{platform}"' in lock
        assert f'"node_modules/lightningcss-{platform}"' in lock


def test_a_node_that_is_old_or_absent_is_not_taken(builder, tmp_path):
    def program(name: str, text: str) -> list[str]:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return [str(path)]

    new, old = program("new", "exit 0"), program("old", "exit 1")
    assert builder.Node(new, new).works()
    assert not builder.Node(old, new).works()
    assert not builder.Node(new, old).works()
    assert not builder.Node([str(tmp_path / "absent")], new).works()


def test_a_failure_is_one_sentence(builder):
    with pytest.raises(SystemExit, match=r"^The pages' style was not built: "):
        builder.run(["false"])


def test_each_kind_of_message_and_badge_keeps_its_colour():
    """Templates put these names together, so that the build finds them in no template."""
    [kinds] = re.findall(r"\{alert,badge\}-\{([a-z,]+)\}", (ROOT / "frontend" / "style.css").read_text())
    assert {*DEFAULT_TAGS.values(), "neutral"} - {"debug"} <= set(kinds.split(","))
