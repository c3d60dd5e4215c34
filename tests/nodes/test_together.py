"""Two questions at once."""

from __future__ import annotations

import anyio
import pytest

from ccip_py.errors import NotYet
from ccip_py.nodes.together import both

pytestmark = pytest.mark.anyio


async def test_both_answers_come_back_in_order() -> None:
    met = anyio.Event()

    async def first() -> str:
        await met.wait()
        return "one"

    async def second() -> int:
        met.set()
        return 2

    assert await both(first, second) == ("one", 2)


async def test_an_error_comes_out_as_it_is_and_stops_the_other() -> None:
    async def failing() -> None:
        raise NotYet("later")

    with pytest.raises(NotYet, match="later"):
        await both(failing, anyio.sleep_forever)
