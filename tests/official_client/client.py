"""The official client as a child process that answers one JSON line for each request."""

from __future__ import annotations

import json
import select
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from .package import HERE, install

PATIENCE_MS = 60_000  # that the client may look for something on a chain
ANSWER_S = 150  # longer than anything the client does, with its own waits for two transactions
EXIT_S = 10


class ClientRefused(Exception):
    """The client threw. `code` is its own or ethers', `refusal` the contract's error as far as the client names it."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error.get("message"))
        self.code = error.get("code")
        self.refusal = json.dumps(error.get("refusal") or {})


class OfficialClient:
    """Asks the harness. Its integers come back as decimal strings."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self._process = process
        self._errors = errors

    def __call__(self, operation: str, **arguments: Any) -> Any:
        """The operation's result; ClientRefused with what the client threw."""
        assert self._process.stdin is not None
        print(json.dumps({"operation": operation, **arguments}), file=self._process.stdin, flush=True)
        reply = json.loads(self._line(operation))
        if "error" in reply:
            raise ClientRefused(reply["error"])
        return reply.get("result")

    def _line(self, operation: str) -> str:
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], ANSWER_S)
        line = stdout.readline() if ready else ""
        if not line:
            self._errors.seek(0)
            raise RuntimeError(f"the client did not answer {operation!r}: {self._errors.read()[-2_000:]}")
        return line


@contextmanager
def running_client(urls: Mapping[str, str]) -> Iterator[OfficialClient]:
    """The client, connected to the chains; ends with the block."""
    install()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            ["node", "harness.mjs"],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                client = OfficialClient(process, errors)
                client("connect", urls=dict(urls))
                yield client
                assert process.stdin is not None
                process.stdin.close()
                process.wait(EXIT_S)
            finally:
                process.kill()
