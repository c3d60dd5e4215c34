"""Two questions at once: the time of the slower one instead of the sum."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

A = TypeVar("A")
B = TypeVar("B")


async def both(first: Callable[[], Awaitable[A]], second: Callable[[], Awaitable[B]]) -> tuple[A, B]:
    """Both answers. If one fails the other is given up, and that error is raised as it is, not in a group: what a
    loop does next depends on its type."""
    one: list[A] = []
    other: list[B] = []

    async def ask_first() -> None:
        one.append(await first())

    async def ask_second() -> None:
        other.append(await second())

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask_first)
            tasks.start_soon(ask_second)
    except BaseExceptionGroup as group:
        raise _first(group) from None
    return one[0], other[0]


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
