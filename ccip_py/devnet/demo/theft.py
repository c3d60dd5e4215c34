"""All committers turn corrupt: what they sign lands, and still nothing moves.

The monitors act on their own: this act only watches until they have cursed. Then the owner, a person, removes the
false root, lifts the curse quoting the votes it has reviewed, and honest committers take over again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ccip_py.deploy.admin import remove_unblessed_roots, uncurse
from ccip_py.devnet.byzantine import Forgery, corrupt_transmit_call, forge_payout
from ccip_py.devnet.demo.report import Journey, Report
from ccip_py.devnet.demo.scene import UNIT, Scene
from ccip_py.devnet.network import Network
from ccip_py.errors import ContractRefused, NotYet
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.message import TokenAmount
from ccip_py.sdk.evm import transact
from ccip_py.sdk.send import balance_of
from ccip_py.sdk.types import StageReached, Transaction

LOOT = 1_000_000 * UNIT
THIEF = Address(bytes.fromhex("bad0" * 10))
CURSE_PATIENCE_S = 60.0

Follow = Callable[..., list[StageReached]]


def attempted_theft(report: Report, network: Network, scene: Scene, follow: Follow) -> None:
    """Forge, try to execute twice, watch the curse, clean up, and see the backlog drain."""
    report.act("All committers sign a forged root that pays out 1,000,000 BMT")
    for node in network.committers:
        node.stop()
    victim = scene.send_data("honest message", "a", "b")
    report.stage(victim, network.ccip.look(victim.sent).stages()[0])
    forgery = forge(network, victim)
    network.wait_until_final("a", victim.sent.transaction.block)
    committed = commit(network, forgery)
    report.line(
        f"committed with 3 of 4 signatures: root 0x{forgery.report.root.hex()[:8]}… over #{forgery.message.sequence_number}"
    )

    refused = try_to_execute(network, forgery, by_executor=True)
    report.refused("the executor calls execute with a valid proof", refused)
    wait_for_curse(report, network)
    network.wait_until_time("b", committed.timestamp + network.options.permissionless_window)
    refused_again = try_to_execute(network, forgery, by_executor=False)
    report.refused("after the window a stranger calls manuallyExecute", refused_again)
    place = network.chain("b")
    loot = network.ccip.driver.run(balance_of(place.selector, place.token("BMT").address, THIEF))
    report.check("the thief has nothing", loot == 0, f"{loot} BMT")

    report.act("The owner removes the root and lifts the curse; the backlog drains by itself")
    clean_up(report, network, forgery)
    for node in network.committers:
        node.start()
    (end,) = follow(report, network, [victim])
    report.check(
        "the honest message arrived after all", end.stage is Stage.EXECUTED, f"#{victim.sent.sequence_number}"
    )


def forge(network: Network, victim: Journey) -> Forgery:
    """The message that the corrupt committers pretend was sent."""
    source, destination = network.chain("a"), network.chain("b")
    return forge_payout(
        victim.sent.lane,
        victim.sent.message,
        thief=THIEF,
        token=TokenAmount(source.token("BMT").address, LOOT),
        source_pool=source.token("BMT").pool,
        destination_token=destination.token("BMT").address,
    )


def commit(network: Network, forgery: Forgery) -> Transaction:
    """Sign it with a quorum of the real committers' keys and send it from one of them."""
    lane = network.lane("a", "b")
    keys = network.committer_keys()
    call = corrupt_transmit_call(forgery.report, lane.config_digest, 2**31, keys[: 2 * lane.f + 1])
    sender = network.committer_account(0)
    return network.ccip.driver.run(transact(lane.destination, sender, lane.commit_store, call))[0]


def try_to_execute(network: Network, forgery: Forgery, *, by_executor: bool) -> ContractRefused:
    """Execute the forged message; returns how it was refused. Raises if it was not."""
    lane = network.lane("a", "b")
    execution = forgery.execution()
    call = codec.execute_call(execution) if by_executor else codec.manually_execute_call(execution)
    caller = network.executor_account if by_executor else network.stranger
    try:
        network.ccip.driver.run(transact(lane.destination, caller, lane.off_ramp, call))
    except ContractRefused as refused:
        return refused
    raise AssertionError("the forged message was executed")


def wait_for_curse(report: Report, network: Network) -> None:
    """Until the monitors have cursed each chain on the other."""
    began = time.monotonic()
    waiting = [("b", "a"), ("a", "b")]
    while waiting:
        for on, subject in list(waiting):
            if network.is_cursed(on, subject):
                waiting.remove((on, subject))
                report.line(
                    f"the monitors cursed {subject} on {on}, {time.monotonic() - began:.1f} s after the commit"
                )
        if time.monotonic() - began > CURSE_PATIENCE_S:
            raise NotYet("the monitors have not cursed the lane", context={"waiting": waiting})
        time.sleep(0.2)
    report.check("the monitors cursed by themselves", True, "on both chains")


def clean_up(report: Report, network: Network, forgery: Forgery) -> None:
    """What the owner does, and nobody else can."""
    lane = network.lane("a", "b")
    remove_unblessed_roots(network.owner_console("b"), lane.commit_store, [forgery.report.root])
    report.line("the owner removes the forged root; the expected number goes back in the same call")
    for on, subject in (("b", "a"), ("a", "b")):
        uncurse(network.owner_console(on), network.chain(subject).selector)
        report.line(f"the owner lifts the curse of {subject} on {on}")
