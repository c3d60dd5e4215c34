"""V16: receivers that always revert, burn all gas or return bombs, at 30 % of traffic; how the others' messages fare."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from ccip_py.chaos.receivers import BODIES, HOSTILE, deploy
from ccip_py.devnet.network import Network
from ccip_py.protocol.ids import Address

from .promises import Measured, percentile
from .traffic import Traffic

PER_BLOCK, OF_THEM_HOSTILE = 10, 3
BLOCKS = 20
PATIENCE_S = 300.0


def v16_hostile_receivers(network: Network, _: Traffic, blocks: int = BLOCKS) -> Iterator[Measured]:
    """The same load twice, the second time with hostile receivers. On the lane back: on the other everything has to succeed."""
    lane = Traffic(network, "b", "a")
    hostile = [deploy(network, lane.destination, BODIES[name]) for name in HOSTILE]
    before, _none = _latencies(lane, [], blocks)
    during, harmful = _latencies(lane, hostile, blocks)
    bound = 2 * percentile(before, 99)
    yield Measured.timed("V16", "30 % hostile receivers: p99 of the others", bound, percentile(during, 99))
    network.wait_until(
        "all hostile messages were tried", lambda: all(map(lane.failed, harmful)), timeout=PATIENCE_S
    )
    yield Measured.fact("V16", f"each of {len(harmful)} hostile messages failed on the record", True)


def _latencies(lane: Traffic, hostile: list[Address], blocks: int) -> tuple[list[float], list[int]]:
    """Seconds from being mined to having succeeded, of the ordinary messages; and the numbers of the hostile ones."""
    chance = random.Random(16)
    sent_at: dict[int, float] = {}
    harmful: list[int] = []
    for _ in range(blocks):
        chosen = chance.choices(hostile, k=OF_THEM_HOSTILE) if hostile else []
        receivers = [*chosen, *[lane.inbox] * (PER_BLOCK - len(chosen))]
        chance.shuffle(receivers)
        for number, receiver in zip(lane.send_to(receivers), receivers, strict=True):
            if receiver == lane.inbox:
                sent_at[number] = time.monotonic()
            else:
                harmful.append(number)
    arrived = lane.arrivals(list(sent_at), PATIENCE_S)
    return sorted(max(0.0, arrived[number] - at) for number, at in sent_at.items()), harmful
