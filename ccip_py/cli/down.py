"""`ccip down`: end the network of this folder."""

from __future__ import annotations

import os
import signal
import time

from ccip_py.cli import options, run_file, terminal
from ccip_py.cli.connect import RUN_FOLDER


def down(timeout: options.Timeout = 30, as_json: options.Json = False) -> None:
    """Stop the network that `ccip up` started in this folder. Nothing to stop is not an error."""
    from ccip_py.errors import NotYet

    known = run_file.read()
    if known is None or not known.alive:
        if known is not None:
            run_file.remove(RUN_FOLDER)
            run_file.deployment_of(RUN_FOLDER).unlink(missing_ok=True)
        terminal.result({"stopped": None}, ["no network runs here"], as_json)
        return
    os.kill(known.pid, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    with terminal.waiting("waiting for it to end") as update:
        while run_file.birth(known.pid) == known.born:
            if time.monotonic() > deadline:
                raise NotYet(f"process {known.pid} still runs after {timeout:g} s", code="TIMEOUT")
            update(f"waiting for process {known.pid} to end")
            time.sleep(0.1)
    terminal.result({"stopped": known.pid}, [f"stopped (process {known.pid})"], as_json)
