"""One node as a process: `python -m ccip_py.chaos.member committer|executor|monitor FILE.toml`.

It ends when its standard input ends, so that it can't outlive who started it, however that one ended.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import anyio


def main() -> int:
    """Run the node that the file describes."""
    kind, path = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if kind == "monitor":
        from ccip_py.risk.main import main as monitor

        return monitor(["run", "--config", path])
    from ccip_py.nodes.main import run_node_file

    anyio.run(run_node_file, Path(path))
    return 0


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
