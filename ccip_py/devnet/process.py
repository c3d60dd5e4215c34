"""A child process that cannot outlive us, whose output is kept short, and that ends cleanly when told.

A small shell stands between us and the program. It holds the reading end of a pipe that only we can write to, so
when we are gone, however that came about, it reads the end of the file and ends the program. (Linux could signal
a child when its parent dies, but means the *thread* that started it, and worker threads come and go.)
"""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence

TAIL_LINES = 40
_GRACE_SECONDS = 10.0  # a chain that writes its state on exit needs a moment

# fd 3 is the pipe. The program gets neither it nor a standard input; whichever of the two ends first ends the other.
_GUARD = """
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
( read -r _ <&3; kill -TERM "$program" 2>/dev/null ) >/dev/null 2>&1 &
guard=$!
trap '' INT TERM HUP
while kill -0 "$program" 2>/dev/null; do wait "$program"; code=$?; done
kill "$guard" 2>/dev/null
exit "${code:-1}"
"""


class GuardedProcess:
    """Runs a program until `stop`, or until this process is gone."""

    def __init__(self, command: Sequence[str]) -> None:
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "guard", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we then end it in our own order
            text=True,
            errors="replace",
        )
        self._reader: threading.Thread | None = None

    def wait_for_line(self, wanted: Callable[[str], bool], seconds: float) -> str | None:
        """The first line of output that is wanted; None if the program ended or the time is over before it."""
        found: list[str] = []
        settled = threading.Event()

        def read() -> None:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                self._tail.append(line.rstrip())
                if not found and wanted(line):
                    found.append(line)
                    settled.set()
            settled.set()

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()
        settled.wait(seconds)
        return found[0] if found else None

    def running(self) -> bool:
        """Whether the program is still there."""
        return self._process.poll() is None

    def tail(self) -> str:
        """The last lines the program said."""
        return "\n".join(line for line in list(self._tail) if line)

    def stop(self) -> None:
        """End the program and wait until it has. Safe to repeat."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._kill_session()
        if self._reader is not None:
            self._reader.join(_GRACE_SECONDS)
        self._process.stdout.close()

    def _kill_session(self) -> None:
        # The session is ours alone: it was made for this one program.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_GRACE_SECONDS)
