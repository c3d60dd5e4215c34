"""Have the official client write tests/vectors/official_client.json anew.

.venv/bin/python -m tests.official_client.vectors
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from .package import HERE, install

FILE = Path(HERE).parent / "vectors" / "official_client.json"
TIMEOUT_S = 300


def generate() -> str:
    """The file's content as the installed client gives it."""
    install()
    done = subprocess.run(
        ["node", "generate_vectors.mjs"],
        cwd=HERE,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"generate_vectors.mjs failed:\n{done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    FILE.write_text(generate())
    print(f"wrote {FILE}")
