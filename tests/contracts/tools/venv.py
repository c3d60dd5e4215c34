"""Tools with dependencies of their own: each in an environment under `build/`, from its own lock.

Beside ours they would move our locked packages: slither wants an older web3, halmos an older rich.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_TIMEOUT = 900


def environment(tool: str) -> Path:
    """The folder of programs of `tool`, as `<tool>.lock` beside this file says. Made on first use.

    Raises CalledProcessError when the registry does not serve what the lock names.
    """
    lock = Path(__file__).with_name(f"{tool}.lock")
    folder = ROOT / "build" / tool / "venv"
    stamp, wanted = folder / "lock.sha256", hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, timeout=_TIMEOUT)
        install = [str(folder / "bin" / "pip"), "install", "--quiet", "--require-hashes", "-r", str(lock)]
        subprocess.run(install, check=True, timeout=_TIMEOUT, stdin=subprocess.DEVNULL)
        stamp.write_text(wanted)
    return folder / "bin"
