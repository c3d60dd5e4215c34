"""Drills V11, V12 and V15: something is staged that must be stopped, and the stop is timed."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import act, remove_unblessed_roots
from ccip_py.deploy.devnet import devnet_config
from ccip_py.deploy.existing import Replacing
from ccip_py.deploy.keys import dev_address
from ccip_py.deploy.network import replace_lane
from ccip_py.devnet.byzantine import Forgery, corrupt_transmit_call, forge_payout
from ccip_py.errors import ContractRefused
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.message import TokenAmount
from ccip_py.sdk.evm import transact
from ccip_py.sdk.send import balance_of
from ccip_py.sdk.types import SentMessage
from ccip_py.testing.drills.figures import Figure
from ccip_py.testing.drills.stage import Box

TARGET_S = 10.0  # from the fact being final to the curse on chain, at a block a second
LOOT = 10**24
THIEF = Address(bytes.fromhex("bad0" * 10))
RESUME_S = 60.0
REPLACE_S = 180.0  # new contracts at a block a second, nodes restarted, chains read again
# Blocks below the finalized one that a deep reorg replaces: more than any monitor may lag behind.
DEEPER = 8


def bad_root(box: Box) -> Iterator[Figure]:
    """All committers sign a root that pays a thief (V12)."""
    network = box.network
    for node in network.committers:
        node.stop()
    victim = box.send()
    network.wait_until_final("a", victim.transaction.block)
    forgery = _forge(box, victim)
    committed = _commit(box, forgery)
    on_b, on_a = box.cursed_after(lambda: box.is_final("b", committed))
    refused = _execution_is_refused(box, forgery)
    loot = network.ccip.driver.run(balance_of(network.chain("b").selector, _bmt(box, "b"), THIEF))
    yield Figure("bad-root", "cursed on the destination", True, on_b, TARGET_S, "V12, V15: AN2")
    yield Figure("bad-root", "cursed on the source", True, on_a, TARGET_S)
    yield Figure("bad-root", "never executed", refused != "" and loot == 0, detail=f"refused: {refused}")

    remove_unblessed_roots(
        network.owner_console("b"), network.lane("a", "b").commit_store, [forgery.report.root]
    )
    box.lift()
    lifted = time.monotonic()
    for node in network.committers:
        node.start()
    executed = box.moment(lambda: box.all_executed([victim]))
    yield Figure("bad-root", "backlog drains after the lift", True, executed - lifted, RESUME_S)


def lowered_threshold(box: Box) -> Iterator[Figure]:
    """The monitors' bless threshold is lowered behind their backs (V15)."""
    console = box.network.owner_console("b")
    monitors = box.monitors_argument()
    done = act(console, console.chain.rmn, "RMN", "setMonitors", monitors, 2, 2)
    on_b, on_a = box.cursed_after(lambda: box.is_final("b", done.block))
    yield Figure("lowered-threshold", "cursed on both chains", True, max(on_a, on_b), TARGET_S, "V15: AN10")
    act(console, console.chain.rmn, "RMN", "setMonitors", monitors, 3, 2)
    box.lift()
    yield from _goes_on(box, "lowered-threshold")


def outside_mint(box: Box) -> Iterator[Figure]:
    """Somebody with the minting role mints beside the protocol (V15)."""
    console, owner = box.network.owner_console("b"), dev_address(roles.OWNER)
    act(console, _bmt(box, "b"), "BurnMintERC20", "grantMintAndBurnRoles", owner)
    done = act(console, _bmt(box, "b"), "BurnMintERC20", "mint", THIEF, LOOT)
    on_b, on_a = box.cursed_after(lambda: box.is_final("b", done.block))
    yield Figure("outside-mint", "cursed on both chains", True, max(on_a, on_b), TARGET_S, "V15: AN8")
    box.lift()
    yield from _goes_on(box, "outside-mint")


def deep_reorg(box: Box) -> Iterator[Figure]:
    """Finalized blocks of the source are replaced; what was sent before them is not (V11, resumed)."""
    network = box.network
    with _executors_stopped(box):
        sent = box.send()
        network.wait_until("it is blessed", lambda: box.stage_of(sent) is Stage.BLESSED)
        depth = 2 * network.options.epochs[0] + DEEPER
        end = sent.transaction.block + depth + 2
        network.wait_until_final("a", end - 2 * network.options.epochs[0])
        network.wait_until("it lies deep enough", lambda: network.anvils["a"].block_number() >= end)
        network.anvils["a"].reorg(depth)
        on_b, on_a = box.cursed_after(lambda: True)
    yield Figure("deep-reorg", "cursed on the destination", True, on_b, TARGET_S, "V11, V15: AN1")
    yield Figure("deep-reorg", "cursed on the source", True, on_a, TARGET_S)
    box.let_blocks_pass()
    quiet = box.stage_of(sent) is not Stage.EXECUTED
    yield Figure("deep-reorg", "nothing executes during the curse", quiet)

    box.lift()
    lifted = time.monotonic()
    box.accept_history("a")
    executed = box.moment(lambda: box.all_executed([sent]))
    yield Figure("deep-reorg", "blessed again and executed after the lift", True, executed - lifted, RESUME_S)
    yield from _goes_on(box, "deep-reorg")


def replaced_lane(box: Box) -> Iterator[Figure]:
    """Finalized blocks of the source are replaced, with a message in them that was executed already: such a
    lane is given up (V11, replaced)."""
    network = box.network
    box.let_blocks_pass("a")  # what goes is the message, not what was deployed before it
    lost = box.send()
    executed = box.moment(lambda: box.all_executed([lost]))
    depth = network.anvils["a"].block_number() - lost.transaction.block + 2 * network.options.epochs[0] + 2
    network.anvils["a"].reorg(depth)
    on_b, on_a = box.cursed_after(lambda: True)
    yield Figure(
        "replaced-lane", "cursed on both chains", executed > 0, max(on_b, on_a), TARGET_S, "V11: AN1"
    )

    began = time.monotonic()
    for node in network.nodes:
        node.stop()
    config = devnet_config(
        [chain.rpc_url for chain in network.deployment.chains],
        permissionless_window=network.options.permissionless_window,
        executors=max(1, network.options.executors),
    )
    old = network.lane("a", "b")
    network.redeployed(replace_lane(config, network.deployment, Replacing("a", "b", severed=True)))
    box.accept_history("a")
    network.start()
    box.lift()
    sent = box.send()
    box.moment(lambda: box.all_executed([sent]))
    fresh = network.lane("a", "b").on_ramp != old.on_ramp and sent.sequence_number == 1
    took = time.monotonic() - began
    yield Figure("replaced-lane", "one operation, and the successor delivers", fresh, took, REPLACE_S, "V11")
    box.let_blocks_pass(count=12)
    calm = not network.is_cursed("b", "a") and not network.is_cursed("a", "b")
    yield Figure("replaced-lane", "the old lane's contradiction curses nobody again", calm)


def _goes_on(box: Box, drill: str) -> Iterator[Figure]:
    """A message sent now arrives, and nobody curses again meanwhile."""
    began = time.monotonic()
    sent = box.send()
    executed = box.moment(lambda: box.all_executed([sent]))
    calm = not box.network.is_cursed("b", "a") and not box.network.is_cursed("a", "b")
    yield Figure(drill, "the lane goes on", calm, executed - began, RESUME_S)


class _executors_stopped:
    """A context in which no executor runs."""

    def __init__(self, box: Box) -> None:
        self._nodes = box.network.executors

    def __enter__(self) -> None:
        for node in self._nodes:
            node.stop()

    def __exit__(self, *_: object) -> None:
        for node in self._nodes:
            node.start()


def _bmt(box: Box, chain: str) -> Address:
    return box.network.chain(chain).token("BMT").address


def _forge(box: Box, victim: SentMessage) -> Forgery:
    source = box.network.chain("a").token("BMT")
    return forge_payout(
        victim.lane,
        victim.message,
        thief=THIEF,
        token=TokenAmount(source.address, LOOT),
        source_pool=source.pool,
        destination_token=_bmt(box, "b"),
    )


def _commit(box: Box, forgery: Forgery) -> int:
    """Signed by a quorum of the real committers' keys; the block of the commit."""
    lane = box.network.lane("a", "b")
    keys = box.network.committer_keys()[: 2 * lane.f + 1]
    epoch = 2**31 + forgery.message.sequence_number  # another one each time: signing twice is another drill
    call = corrupt_transmit_call(forgery.report, lane.config_digest, epoch, keys)
    flow = transact(lane.destination, box.network.committer_account(0), lane.commit_store, call)
    return box.network.ccip.driver.run(flow)[0].block


def _execution_is_refused(box: Box, forgery: Forgery) -> str:
    """By which error; empty if it was not."""
    lane = box.network.lane("a", "b")
    call = codec.execute_call(forgery.execution())
    try:
        box.network.ccip.driver.run(
            transact(lane.destination, box.network.executor_account, lane.off_ramp, call)
        )
    except ContractRefused as refused:
        return refused.message
    return ""
