"""setuptools, asked two things more before it packs a wheel: that the contracts in it are those of the sources, and
that nothing of an earlier build is taken along. Its own build folder is where it would find such things.

    .venv/bin/python -m pip wheel --no-deps --no-build-isolation -w dist .
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403

ROOT = Path(__file__).resolve().parent.parent


def build_wheel(*arguments: Any, **named: Any) -> str:
    """A wheel of this checkout, or no wheel at all."""
    sys.path.insert(0, str(ROOT))
    from ccip_py.deploy.compile import is_fresh

    if not is_fresh():
        raise SystemExit("error: the compiled contracts are missing or old\nhelp: run scripts/setup")
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)
    return build_meta.build_wheel(*arguments, **named)
