"""Ordinary trouble: what a network meets every week, and what must never look like fraud.

Each piece is one function that starts something and returns how to end it. Reorgs stay above the
finalized block, faults hit one of a monitor's two endpoints, restarts find their folders as they left
them, and the owner changes only what owners change on working days.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import act, ask, pause, set_executors, unpause
from ccip_py.deploy.config import FeeParams
from ccip_py.deploy.keys import dev_address
from ccip_py.deploy.lane import destination_fees
from ccip_py.devnet.network import Network
from ccip_py.protocol.ids import Address
from ccip_py.testing.faults import (
    Disconnected,
    DropLogs,
    DuplicateLogs,
    Fault,
    FaultProxy,
    ForgeLogs,
    FrozenTag,
    Hang,
    Latency,
    RangeLimit,
    RegressedTag,
    ReorderLogs,
    Status,
    Truncated,
    WrongId,
)

FAULTS: tuple[Fault, ...] = (
    Latency(0.8),
    Hang(),
    Status(429),
    Status(503),
    Truncated(),
    WrongId(),
    Disconnected(),
    DropLogs(),
    DuplicateLogs(),
    ReorderLogs(),
    ForgeLogs(lambda data: data[:-1] + bytes([data[-1] ^ 1]) if data else data),
    FrozenTag(),
    FrozenTag("latest"),
    RegressedTag(3),
    RangeLimit(2),
)
EXTRA_EXECUTOR = Address(b"\x77" * 20)

End = Callable[[], object]
Proxies = Mapping[tuple[int, str], FaultProxy]  # (monitor, chain) → what stands before its first endpoint


@dataclass(frozen=True, slots=True)
class Scene:
    """What trouble is made with."""

    network: Network
    proxies: Proxies
    chance: random.Random


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that was started: what it is, and how to end it."""

    name: str
    end: End


def _nothing() -> None:
    pass


def shallow_reorg(scene: Scene) -> Trouble:
    """Replace the newest blocks of a chain, never as deep as the finalized one."""
    chain, epoch = scene.chance.choice(
        list(zip(scene.network.anvils, scene.network.options.epochs, strict=True))
    )
    depth = scene.chance.randint(1, 2 * epoch - 1)
    scene.network.anvils[chain].reorg(depth)
    return Trouble("shallow reorg", partial(open_lanes, scene))


def open_lanes(scene: Scene) -> None:
    """Unpause what is paused: a reorg may have taken away the transaction that did."""
    deployment = scene.network.deployment
    for chain in deployment.chains:
        for lane in deployment.lanes:
            if lane.destination == chain.selector and ask(chain, lane.commit_store, "CommitStore", "paused"):
                unpause(scene.network.owner_console(chain.name), lane.commit_store)


def rpc_fault(scene: Scene) -> Trouble:
    """One endpoint of one or two monitors lies, limps or dies."""
    fault = scene.chance.choice(FAULTS)
    victims = scene.chance.sample(sorted(scene.proxies), scene.chance.randint(1, 2))
    for victim in victims:
        scene.proxies[victim].set(fault)

    def end() -> None:
        for victim in victims:
            scene.proxies[victim].clear()

    return Trouble(f"rpc: {type(fault).__name__}", end)


def restart(scene: Scene) -> Trouble:
    """A monitor, or two, are down for a while."""
    victims = scene.chance.sample(scene.network.monitors, scene.chance.randint(1, 2))
    for node in victims:
        node.cancel()

    def end() -> None:
        for node in victims:
            node.stop()  # waits, if it has not ended yet
            node.start()

    return Trouble("monitor restart", end)


def new_order_of_monitors(scene: Scene) -> Trouble:
    """The same monitors under a new configuration: partial votes are void."""
    chain = _any_chain(scene)
    pairs = list(zip(roles.BLESSERS, roles.CURSERS, strict=True))
    scene.chance.shuffle(pairs)
    monitors = [{"blessKey": dev_address(bless), "curseKey": dev_address(curse)} for bless, curse in pairs]
    console = scene.network.owner_console(chain)
    act(console, console.chain.rmn, "RMN", "setMonitors", monitors, 3, 2)
    return Trouble("config: monitors", _nothing)


def new_limits(scene: Scene) -> Trouble:
    """Another rate limit for a pool."""
    here, there = _any_way(scene)
    console = scene.network.owner_console(here)
    token = scene.chance.choice(console.chain.tokens)
    contract = {"burn_mint": "BurnMintTokenPool", "lock_release": "LockReleaseTokenPool"}[token.kind]
    limit = {"isEnabled": True, "capacity": scene.chance.randint(50, 200) * 10**21, "rate": 10**21}
    remote = scene.network.chain(there).selector
    act(console, token.pool, contract, "setChainRateLimiterConfig", remote, limit, limit)
    return Trouble("config: rate limits", _nothing)


def new_fees(scene: Scene) -> Trouble:
    """Another gas overhead in the fees of a lane."""
    here, there = _any_way(scene)
    console = scene.network.owner_console(here)
    config = destination_fees(FeeParams(dest_gas_overhead=scene.chance.randint(200_000, 400_000)))
    change = {"destChainSelector": scene.network.chain(there).selector, "config": config}
    act(console, console.chain.fee_quoter, "FeeQuoter", "applyDestChainConfigUpdates", [change])
    return Trouble("config: fees", _nothing)


def one_more_executor(scene: Scene) -> Trouble:
    """Somebody else may execute for a while."""
    here, there = _any_way(scene)
    console, off_ramp = scene.network.owner_console(there), scene.network.lane(here, there).off_ramp
    set_executors(console, off_ramp, add=[EXTRA_EXECUTOR])
    return Trouble("config: executors", partial(set_executors, console, off_ramp, [EXTRA_EXECUTOR]))


def paused_lane(scene: Scene) -> Trouble:
    """One lane is paused for a while."""
    here, there = _any_way(scene)
    console, store = scene.network.owner_console(there), scene.network.lane(here, there).commit_store
    pause(console, store)
    return Trouble("config: pause", partial(unpause, console, store))


TROUBLES: tuple[tuple[Callable[[Scene], Trouble], int], ...] = (
    (rpc_fault, 6),
    (shallow_reorg, 5),
    (restart, 3),
    (new_order_of_monitors, 1),
    (new_limits, 1),
    (new_fees, 1),
    (one_more_executor, 1),
    (paused_lane, 1),
)


def some_trouble(scene: Scene) -> Trouble:
    """One of the above, the frequent ones more often."""
    kinds, weights = zip(*TROUBLES, strict=True)
    kind: Callable[[Scene], Trouble] = scene.chance.choices(kinds, weights)[0]
    return kind(scene)


def _any_chain(scene: Scene) -> str:
    return scene.chance.choice(list(scene.network.anvils))


def _any_way(scene: Scene) -> tuple[str, str]:
    here, there = scene.chance.sample(list(scene.network.anvils), 2)
    return here, there
