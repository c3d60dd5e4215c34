"""The official client's npm package: installed once, from the lock, and found again by the lock's hash."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
NODE_MODULES = HERE / "node_modules"
STAMP = NODE_MODULES / ".made-from"
INSTALL_TIMEOUT_S = 600


class CannotInstall(Exception):
    """npm did not install the package: what it said, and what to do."""


def install() -> None:
    """Run `npm ci` unless what the lock names is there already. Two at once: the second waits and finds it done."""
    if _stamp() == _wanted():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise CannotInstall("npm is not on PATH; install Node 20 or newer with npm and run this again")
    NODE_MODULES.mkdir(exist_ok=True)
    with (HERE / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _stamp() != _wanted():
            _run_npm(npm)


def version() -> str:
    """Of the installed client."""
    manifest = NODE_MODULES / "@chainlink/ccip-sdk/package.json"
    return str(json.loads(manifest.read_text())["version"])


def _run_npm(npm: str) -> None:
    command = [npm, "ci", "--loglevel=error"]
    done = subprocess.run(
        command,
        cwd=HERE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise CannotInstall(
            f"`npm ci` in {HERE} failed; check the network, a proxy, or npm's registry setting\n{done.stderr.strip()}"
        )
    STAMP.write_text(_wanted())


def _wanted() -> str:
    content = b"".join((HERE / name).read_bytes() for name in ("package-lock.json", ".npmrc"))
    return hashlib.sha256(content).hexdigest()


def _stamp() -> str | None:
    try:
        return STAMP.read_text()
    except OSError:
        return None
