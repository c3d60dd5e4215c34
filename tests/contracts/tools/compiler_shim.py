"""Stands in for the compiler when forge asks: the answer to a question it has heard before comes from a file.

forge asks for the ABI of every source before each run that names a test, and each time it takes half a minute. A
mutant changes a compiled artifact and no source, so the question is always the same. `SHIM_SOLC` is the real
compiler, `SHIM_CACHE` the folder of answers.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    question = b"" if "--version" in sys.argv else sys.stdin.buffer.read()
    about_us = "\0".join(sys.argv[1:]).encode()
    place = Path(os.environ["SHIM_CACHE"]) / hashlib.sha256(about_us + b"\0" + question).hexdigest()
    if not place.exists():
        command = [os.environ["SHIM_SOLC"], *sys.argv[1:]]
        answer = subprocess.run(
            command, input=question, stdout=subprocess.PIPE, check=True, timeout=600
        ).stdout
        beside = place.with_suffix(f".{os.getpid()}")
        beside.write_bytes(answer)
        beside.replace(place)
    sys.stdout.buffer.write(place.read_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
