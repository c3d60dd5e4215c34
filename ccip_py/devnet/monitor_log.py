"""Where the words of hosted monitors go. A monitor logs as one program, under one name; several networks, and their
user's own monitors, may be in this process. So what is said in a host's thread is that host's, and nobody else's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ccip_py.devnet.hosting import Host

LOGGER = logging.getLogger("ccip_py.risk")


class _Ours(logging.Filter):
    """Takes the records of one host's thread out of the logger, and hands them to a handler if there is one."""

    def __init__(self, host: Host, handler: logging.Handler | None) -> None:
        super().__init__()
        self._host, self._handler = host, handler

    def filter(self, record: logging.LogRecord) -> bool:
        if record.thread != self._host.thread:
            return True
        if self._handler is not None:
            self._handler.handle(record)
        return False


@contextmanager
def monitors_log_to(host: Host, path: Path | None) -> Iterator[None]:
    """Write what the monitors in `host` say, from INFO on, to the file `path`, or nowhere, and never to the terminal.

    To be entered before the host, so that what they say while they are stopped is caught as well.
    """
    handler = None if path is None else logging.FileHandler(path)
    if handler is not None:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    ours, level = _Ours(host, handler), LOGGER.level
    LOGGER.addFilter(ours)
    if handler is not None:
        LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        LOGGER.setLevel(level)
        LOGGER.removeFilter(ours)
        if handler is not None:
            handler.close()
