"""Make what every other script needs: .venv with locked packages, node_modules, compiled contracts.

Safe to repeat and to interrupt. Each of the three has a stamp inside it with a hash of what it was made from, written
last; a step whose stamp fits is skipped, so nothing changed means a few milliseconds. A `.venv` whose installation
was cut off is made anew, because pip believes half-copied packages. Standard library only; scripts/lib.sh has checked
the version of the Python that runs it.

Every failure is one `error:` line that says what is wrong and one `help:` line that says what to do.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"
ARTIFACTS = ROOT / "ccip_py" / "deploy" / "artifacts"
LOG = ROOT / "build" / "setup.log"
STAMP = ".made-from"
UNFINISHED = ".unfinished"
NODE_AT_LEAST = 20
FREE_BYTES_FIRST_TIME = 1_500_000_000  # .venv and node_modules together take about two thirds of it

# What the package managers say, and what it means to a person.
NETWORK = re.compile(
    r"No matching distribution|NewConnectionError|Max retries|Temporary failure in name|ConnectTimeout|Read timed out"
    r"|ProxyError|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|network|Network is unreachable|CERTIFICATE_VERIFY"
)
NO_DISK = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded")
BAD_HASH = re.compile(r"DO NOT MATCH THE HASHES|EINTEGRITY")


class CannotSetUp(Exception):
    """What is wrong, and what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.remedy = remedy


def main() -> int:
    os.chdir(ROOT)
    try:
        if pending():
            with only_one():
                set_up()
    except CannotSetUp as cannot:
        print(f"error: {cannot}\nhelp: {cannot.remedy}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"error: {problem}\nhelp: {os_remedy(problem)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def pending() -> bool:
    return not (python_is_ready() and node_is_ready() and contracts_are_ready())


def set_up() -> None:
    first_time = not (VENV / STAMP).exists() or not (NODE_MODULES / STAMP).exists()
    if first_time and shutil.disk_usage(ROOT).free < FREE_BYTES_FIRST_TIME:
        raise CannotSetUp(
            f"less than {FREE_BYTES_FIRST_TIME // 10**9 + 1} GB free at {ROOT}", "free some disk space"
        )
    if not node_is_ready():
        check_node()  # before the slower Python step, so that a missing tool is said at once
    if not python_is_ready():
        make_python()
    if not node_is_ready():
        make_node()
    if not contracts_are_ready():
        make_contracts()


# --- Python ---


def python_wanted() -> str:
    """The lock, and what of pyproject.toml decides an installation: not the settings of linters."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    package = [pyproject["build-system"], pyproject["project"], pyproject["tool"]["setuptools"]]
    return digest(ROOT / "requirements.lock") + hashlib.sha256(repr(package).encode()).hexdigest()


def python_is_ready() -> bool:
    return stamped(VENV, python_wanted()) and (VENV / "bin" / "python").exists()


def make_python() -> None:
    if (VENV / UNFINISHED).exists() or not runs(VENV / "bin" / "python"):
        shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir(exist_ok=True)
    (VENV / UNFINISHED).touch()
    (VENV / STAMP).unlink(missing_ok=True)
    if not runs(VENV / "bin" / "pip", "--version"):
        tell("making .venv")
        base = getattr(sys, "_base_executable", sys.executable)
        run([base, "-m", "venv", str(VENV)], "cannot make .venv", venv_remedy())
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    tell("installing Python packages (a minute or two the first time)")
    locked = ["--require-hashes", "-r", "requirements.lock"]
    run([*pip, *locked], "cannot install the Python packages", registry_remedy("Python", "PIP_INDEX_URL"))
    ours = ["--no-deps", "--no-build-isolation", "--no-index", "--editable", "."]
    run([*pip, *ours], "cannot install ccip_py into .venv", f"see {LOG}")
    (VENV / UNFINISHED).unlink()
    (VENV / STAMP).write_text(python_wanted())


def venv_remedy() -> str:
    if platform.system() == "Linux":
        return "on Debian or Ubuntu: apt install python3-venv; then run this again"
    return f"see {LOG}; a Python from python.org has what is needed"


# --- Node ---


def node_wanted() -> str:
    return digest(ROOT / "package-lock.json", ROOT / ".npmrc")


def node_is_ready() -> bool:
    return stamped(NODE_MODULES, node_wanted())


def check_node() -> None:
    """Node carries the compiler, Anvil and forge; npm brings them."""
    remedy = f"install Node {NODE_AT_LEAST}+ with npm (nodejs.org, nvm, brew install node) and run this again"
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise CannotSetUp(f"{tool} is not on PATH", remedy)
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r"v(\d+)\.", said)
    if not major or int(major.group(1)) < NODE_AT_LEAST:
        raise CannotSetUp(f"node is {said or 'not running'}, {NODE_AT_LEAST} or newer is needed", remedy)


def make_node() -> None:
    (NODE_MODULES / STAMP).unlink(missing_ok=True)
    tell("installing Anvil, forge, solc and Solidity libraries from npm")
    run(
        ["npm", "ci", "--loglevel=error"],
        "cannot install the npm packages",
        registry_remedy("npm", "npm config set registry"),
    )
    (NODE_MODULES / STAMP).write_text(node_wanted())


# --- Contracts ---


def contracts_wanted() -> str:
    sources = sorted((ROOT / "contracts").rglob("*.sol"))
    return digest(
        ROOT / "foundry.toml", ROOT / "package-lock.json", ROOT / "ccip_py/deploy/compile.py", *sources
    )


def contracts_are_ready() -> bool:
    return stamped(ARTIFACTS, contracts_wanted()) and (ARTIFACTS / "manifest.json").exists()


def make_contracts() -> None:
    tell("compiling contracts")
    wanted = contracts_wanted()
    compiler = [str(VENV / "bin" / "python"), "-m", "ccip_py.deploy.compile"]
    done = subprocess.run(compiler, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:  # it has said why
        raise CannotSetUp("the contracts were not compiled", "see the message above")
    (ARTIFACTS / STAMP).write_text(wanted)


# --- Small things ---


def digest(*paths: Path) -> str:
    """One hash over names, content and the Python in use; a missing file is a difference like any other."""
    total = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.exists() else b"-"
        total.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return total.hexdigest()


def stamped(folder: Path, wanted: str) -> bool:
    try:
        return (folder / STAMP).read_text() == wanted
    except OSError:
        return False


def runs(program: Path, argument: str = "-V") -> bool:
    try:
        return (
            subprocess.run(
                [program, argument], capture_output=True, stdin=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def run(command: list[str], problem: str, remedy: str) -> None:
    """Run quietly; everything said goes to the log, and to the screen only the meaning of a failure."""
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w") as log:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode == 0:
        return
    said = LOG.read_text(errors="replace")
    if NO_DISK.search(said):
        raise CannotSetUp(f"{problem}: no space left on the disk", "free some space and run this again")
    if BAD_HASH.search(said):
        raise CannotSetUp(
            f"{problem}: the registry serves other files than the lock records",
            f"do not go on before you know why; details in {LOG}",
        )
    if NETWORK.search(said):
        raise CannotSetUp(f"{problem}: the registry cannot be reached", remedy)
    last = [line for line in said.splitlines() if line.strip()]
    raise CannotSetUp(
        f"{problem}: {last[-1].strip() if last else 'it said nothing'}", f"the whole output is in {LOG}"
    )


def registry_remedy(which: str, setting: str) -> str:
    return f"check the network, a proxy, or the {which} registry setting ({setting}), and run this again; details in {LOG}"


def os_remedy(problem: OSError) -> str:
    if NO_DISK.search(str(problem)):
        return "free some disk space and run this again"
    return f"check that you may write to {ROOT}"


def tell(what: str) -> None:
    print(f"setup: {what}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def only_one():
    """Two scripts started at once must not both install: the second waits, then finds all done."""
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            tell("waiting for another setup to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
