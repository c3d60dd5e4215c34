"""Bringing a message where it is wanted on a stepped network, and saying what is in its way if it does not get there.

follow(network, sent, Stage.BLESSED)      nodes work and blocks pass until then, and no further
execute_alone(network, sent)              this message, before those that were sent earlier
obstacles(network, trace)                 reasons, in words
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccip_py.deploy import devnet as roles
from ccip_py.errors import CcipError, NotYet
from ccip_py.protocol.blessing import curse_subject
from ccip_py.protocol.codec.evm import execute_call
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.evm import Function, read, transact
from ccip_py.sdk.execute import build_report
from ccip_py.sdk.flow import Flow
from ccip_py.sdk.signers import development
from ccip_py.sdk.track import Commitment, Trace
from ccip_py.sdk.types import SentMessage, StageReached

if TYPE_CHECKING:
    from ccip_py.devnet.stepped import SteppedNetwork

FINAL_AFTER = 2  # blocks: what Anvil's `finalized` lags behind with epochs of one slot
PATIENCE_ROUNDS = 16  # rounds in which nothing happens, a block each, before giving up
FRUITLESS = 2  # agreements that came to nothing, each with several leaders
QUORUM = 3  # of four: who must sign a report, and who must bless it

ORDER = (Stage.SENT, Stage.COMMITTED, Stage.BLESSED, Stage.EXECUTED)
IS_CURSED = Function("isCursed", ("bytes16",), ("bool",))


class MessageFailed(CcipError):
    """The receiver, or a token of the message, refused it; anyone may execute it again by hand."""

    default_code = "MESSAGE_FAILED"


class Stuck(NotYet):
    """Nothing more happens by itself to a message that has not arrived where it was wanted."""

    default_code = "MESSAGE_STUCK"


def follow(network: SteppedNetwork, sent: SentMessage, stage: Stage) -> Trace:
    """Until the message has reached `stage` or its end. Stuck if nothing happens any more."""
    nodes = network.nodes
    trace, idle, nodes.fruitless = network.ccip.look(sent), 0, 0
    while not _arrived(trace, stage):
        _make_final(network, trace)
        if _round(network, trace):
            idle = 0
        elif idle < PATIENCE_ROUNDS and not (idle and _is_hopeless(network, trace)):
            network.host.call(nodes.mind)
            network.mine()
            idle += 1
        else:
            raise _stuck(network, trace, stage)
        trace = network.ccip.look(sent, trace)
    return trace


def execute_alone(network: SteppedNetwork, sent: SentMessage) -> Trace:
    """Let an executor execute this message and no other, as one would that is slow, or prefers some messages."""
    trace = follow(network, sent, Stage.BLESSED)
    if trace.stage is Stage.FAILED:
        network.ccip.manually_execute(sent, signer=network.strange_signer)
    elif trace.stage is Stage.BLESSED and trace.commitment is not None:
        network.ccip.driver.run(_execution(sent, trace.commitment))
    return network.ccip.look(sent, trace)


def _execution(sent: SentMessage, commitment: Commitment) -> Flow[None]:
    report = yield from build_report(sent, commitment)
    executor, lane = development(roles.EXECUTORS[0]), sent.lane
    yield from transact(lane.destination, executor, lane.off_ramp, execute_call(report))


def reached(trace: Trace, stage: Stage) -> StageReached:
    """When and where the message reached the stage; MessageFailed if it came to another end."""
    for each in reversed(trace.stages()):
        if each.stage is stage:
            return each
    last = trace.stages()[-1]
    if last.stage is Stage.FAILED:
        raise MessageFailed(
            f"the message was wanted {stage.name}, but it FAILED: {last.reason}",
            context={"message_id": bytes(trace.sent.message_id)},
            hint="expected? run_until(message, Stage.FAILED). Try again: manually_execute, with more gas perhaps",
        )
    raise MessageFailed(f"the message was wanted {stage.name}, but it is {last.stage.name}")


def obstacles(network: SteppedNetwork, trace: Trace) -> list[str]:
    """What is known to stand in the message's way."""
    nodes, lane = network.nodes, trace.sent.lane
    source, destination = network.name_of(lane.source), network.name_of(lane.destination)
    found = []
    if trace.stage is Stage.SENT and not _is_there(network, trace.sent, source):
        found.append(f"its transaction is not on {source} any more: the chain was reorganised")
    committers, monitors, executors = (
        [name for name in names if name not in nodes.down]
        for names in (nodes.committers, nodes.monitors, nodes.executors)
    )
    if trace.stage is Stage.SENT and len(committers) < QUORUM:
        found.append(
            f"{len(committers)} of {len(nodes.committers)} committers are up, and {QUORUM} must sign"
        )
    if trace.stage is Stage.COMMITTED and len(monitors) < QUORUM:
        found.append(f"{len(monitors)} of {len(nodes.monitors)} monitors are up, and {QUORUM} must bless")
    if trace.stage in (Stage.BLESSED, Stage.FAILED) and not executors:
        found.append("no executor is up; anyone may execute it by hand once the window is over")
    for here, there in ((source, destination), (destination, source)):
        if is_cursed(network, here, there):
            found.append(f"{there} is cursed on {here}")
    return found


def is_cursed(network: SteppedNetwork, on: str, subject: str) -> bool:
    """Whether messages between the two chains are stopped on `on`."""
    place = network.chain(on)
    flow = read(place.selector, place.rmn, IS_CURSED, curse_subject(network.chain(subject).selector))
    return bool(network.ccip.driver.run(flow)[0])


def _arrived(trace: Trace, stage: Stage) -> bool:
    if trace.attempt is not None:
        return True
    return stage in ORDER and ORDER.index(trace.stage) >= ORDER.index(stage)


def _round(network: SteppedNetwork, trace: Trace) -> bool:
    """The work that the message waits for; whether anything came of it."""
    nodes = network.nodes
    match trace.stage:
        case Stage.SENT:
            return network.host.call(nodes.commit)
        case Stage.COMMITTED:
            return network.host.call(nodes.bless)
        case _:
            return network.host.call(nodes.execute)


def _make_final(network: SteppedNetwork, trace: Trace) -> None:
    """Mine, on each chain, the blocks that the message waits for: no committer has anything to say of it before."""
    if trace.stage is not Stage.SENT:
        return
    source = network.anvils[network.name_of(trace.sent.lane.source)]
    depth = FINAL_AFTER if network.finality is None else network.finality
    missing = trace.sent.transaction.block + depth - source.block_number()
    if missing > 0:
        network.mine(missing)


def _is_hopeless(network: SteppedNetwork, trace: Trace) -> bool:
    return network.nodes.fruitless >= FRUITLESS or bool(obstacles(network, trace))


def _is_there(network: SteppedNetwork, sent: SentMessage, source: str) -> bool:
    receipt = network.anvils[source].rpc("eth_getTransactionReceipt", sent.transaction.hash.to_0x_hex())
    return receipt is not None


def _stuck(network: SteppedNetwork, trace: Trace, stage: Stage) -> Stuck:
    why = obstacles(network, trace) + [f"{name}: {said}" for name, said in network.nodes.troubles.items()]
    return Stuck(
        f"the message is {trace.stage.name} and does not become {stage.name}"
        + "".join(f"\n  {each}" for each in why),
        hint="" if why else "every node looked and saw nothing to do: is something else in its way?",
    )
