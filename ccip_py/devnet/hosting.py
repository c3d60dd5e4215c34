"""Runs many nodes in one process, in the background of ordinary blocking code.

One event loop in a thread of its own; each node is a task in it that can be stopped and started again, as its
process could. A node that dies by itself is not restarted: its error is kept and shown, so that a test or a
person sees it.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, wait
from contextlib import ExitStack
from types import TracebackType
from typing import Self, TypeVar

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from ccip_py.errors import CcipError, NotYet

T = TypeVar("T")

Main = Callable[[], Awaitable[None]]
STOP_TIMEOUT_S = 60.0  # a starved machine takes long, and who waits for nothing loses little


class NodeDied(CcipError):
    """A hosted node stopped by itself. The cause is chained."""

    default_code = "NODE_DIED"


class HostedNode:
    """One node: a name, and a coroutine function that runs it until cancelled."""

    def __init__(self, portal: BlockingPortal, name: str, main: Main) -> None:
        self.name = name
        self._portal = portal
        self._main = main
        self._scope: anyio.CancelScope | None = None
        self._task: Future[None] | None = None

    @property
    def running(self) -> bool:
        """Whether the node's task is alive."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Start it; nothing happens if it runs."""
        if self.running:
            return
        scope = self._portal.call(anyio.CancelScope)
        self._scope = scope
        self._task = self._portal.start_task_soon(self._run, scope, name=self.name)

    def stop(self) -> None:
        """Cancel it and wait until it is gone. What it had persisted is all it will know when started again."""
        self.cancel()
        if self._task is None:
            return
        try:
            self._task.result(timeout=STOP_TIMEOUT_S)
        except TimeoutError:
            raise NotYet(f"{self.name} did not stop within {STOP_TIMEOUT_S:g} s") from None
        self._task = self._scope = None

    def cancel(self) -> None:
        """Tell it to stop, without waiting."""
        if self.running and self._scope is not None:
            self._portal.call(self._scope.cancel)

    def gone_after(self, seconds: float) -> bool:
        """Wait for its end, so long at most; whether it has ended, in whichever way."""
        if self._task is not None and not wait([self._task], timeout=seconds).done:
            return False
        self._task = self._scope = None
        return True

    def check(self) -> None:
        """Raise NodeDied if it ended by itself, and not late after it was told to."""
        if self._task is None or not self._task.done() or (self._scope and self._scope.cancel_called):
            return
        error = _innermost(self._task.exception())
        raise NodeDied(f"{self.name} stopped by itself: {error!r}") from error

    async def _run(self, scope: anyio.CancelScope) -> None:
        with scope:
            await self._main()


def _innermost(error: BaseException | None) -> BaseException | None:
    """The first cause inside groups of errors, which is what a person needs to see."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class Host:
    """The event loop that nodes run in, as a context manager. Leaving it stops every node."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._nodes: list[HostedNode] = []
        self._portal: BlockingPortal | None = None
        self.thread: int | None = None
        """The identity of the thread that the loop runs in, once it does."""

    def __enter__(self) -> Self:
        self._portal = self._stack.enter_context(start_blocking_portal())
        self.thread = self._portal.call(threading.get_ident)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop_all()
        finally:
            # A node that would not stop must not keep us: whatever is left is cancelled once more, and waited for.
            self.portal.call(self.portal.stop, True)
            self._stack.close()

    @property
    def portal(self) -> BlockingPortal:
        """For calling into the loop from blocking code."""
        if self._portal is None:
            raise RuntimeError("the host is not entered")
        return self._portal

    def call(self, function: Callable[..., Awaitable[T]], *arguments: object) -> T:
        """Run a coroutine function in the loop and return its result."""
        return self.portal.call(function, *arguments)

    def add(self, name: str, main: Main) -> HostedNode:
        """Take a node in; it does not run until started."""
        node = HostedNode(self.portal, name, main)
        self._nodes.append(node)
        return node

    def check(self) -> None:
        """Raise NodeDied for the first node that ended by itself."""
        for node in self._nodes:
            node.check()

    def stop_all(self) -> None:
        """Stop every node, all at once. A node that had died by itself, or takes too long, does not stop the others."""
        running = [node for node in reversed(self._nodes) if node.running]
        for node in running:
            node.cancel()
        late = [node.name for node in running if not node.gone_after(STOP_TIMEOUT_S)]
        if late:
            raise NotYet(f"did not stop within {STOP_TIMEOUT_S:g} s: {', '.join(late)}")
