"""The messages whose execution failed, read from the chains alone, and one call that tries all of them again.

Executors never retry a failed receiver by themselves (it would fail again, at somebody's cost). Whoever has mended the
receiver, or wants to try more gas, comes here. No running node is needed, and no right: `manuallyExecute` is open
to everybody after a FAILURE.

    failed = await failed_messages(deployment, lane)
    outcomes = await retry_all(deployment, lane, signer, gas_limit=500_000)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import anyio

from ccip_py.chains.deployment import Deployment, LaneDeployment
from ccip_py.chains.evm.blocks import block_of
from ccip_py.chains.evm.caller import Caller
from ccip_py.chains.evm.decode import Attempted, Committed
from ccip_py.chains.evm.lane_reader import (
    MessageCursor,
    find_message_block,
    read_attempts,
    read_commits,
    read_messages,
)
from ccip_py.chains.evm.logs import LogReader
from ccip_py.chains.evm.reverts import explain
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.evm.sender import MemoryJournal, Sender
from ccip_py.chains.evm.sending import Policy
from ccip_py.chains.evm.transactions import Signer
from ccip_py.chains.ports import Block
from ccip_py.errors import ContractRefused, NotYet
from ccip_py.execute.report import execution_report, tree_of
from ccip_py.execute.view import CommittedRoot
from ccip_py.protocol.codec.evm import manually_execute_call
from ccip_py.protocol.hashing import metadata_hash
from ccip_py.protocol.ids import MessageId, SeqNr
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.merkle import Tree
from ccip_py.protocol.message import ExecutionState, Message
from ccip_py.protocol.report import GasLimitOverride

from .chain_link import RpcUrls
from .root_book import RECEIVER_ERROR

MINED_WITHIN = 120.0  # seconds


@dataclass(frozen=True, slots=True)
class Failed:
    """A message that stands at FAILURE now, and why its last attempt failed."""

    message_id: MessageId
    seq_nr: SeqNr
    reason: str
    token_step: bool  # its tokens could not be delivered: executors retry these by themselves
    attempts: int
    block: int  # of the last attempt, on the destination
    transaction: bytes


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of one more try. `transaction` is None if the chain refused before it cost anything."""

    failed: Failed
    success: bool
    reason: str
    transaction: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Ends:
    """Connections to both ends of a lane, and their latest blocks."""

    facts: LaneDeployment
    source: Caller
    destination: Caller
    source_head: Block
    destination_head: Block

    @property
    def lane(self) -> Lane:
        return self.facts.lane()


async def failed_messages(
    deployment: Deployment, lane: LaneDeployment, urls: RpcUrls | None = None
) -> list[Failed]:
    """Every message of the lane whose state is FAILURE at the destination's latest block, in order."""
    async with _connected(deployment, lane, urls or {}) as ends:
        return await _failed(ends)


async def retry_all(
    deployment: Deployment,
    lane: LaneDeployment,
    signer: Signer,
    urls: RpcUrls | None = None,
    *,
    gas_limit: int = 0,
    only: Collection[MessageId] | None = None,
    policy: Policy | None = None,
) -> list[Retried]:
    """Try every failed message once more, each in a transaction of its own, so that none holds up another.

    `gas_limit` is given to receivers instead of what the messages carry; 0 leaves it. What would fail again is
    refused before anything is sent, and the refusal is its reason.
    """
    async with _connected(deployment, lane, urls or {}) as ends:
        failed = [each for each in await _failed(ends) if only is None or each.message_id in only]
        if not failed:
            return []
        proofs = await _proofs(ends, failed)
        sender = Sender(ends.destination.rpc, signer, MemoryJournal(), policy=policy)
        return [await _retry(each, ends, proofs, sender, gas_limit) for each in failed]


# Reading


@asynccontextmanager
async def _connected(deployment: Deployment, lane: LaneDeployment, urls: RpcUrls) -> AsyncIterator[_Ends]:
    async with AsyncExitStack() as stack:
        callers: list[Caller] = []
        for selector in (lane.source, lane.destination):
            chain = deployment.chain(selector)
            places = list(urls.get(selector) or [chain.rpc_url])
            callers.append(Caller(await stack.enter_async_context(Rpc(places, chain_id=chain.chain_id))))
        heads = [block_of(await each.rpc.call("eth_getBlockByNumber", "latest", False)) for each in callers]
        (source, destination), (source_head, destination_head) = callers, heads
        yield _Ends(lane, source, destination, source_head, destination_head)


async def _failed(ends: _Ends) -> list[Failed]:
    logs, last = LogReader(ends.destination.rpc), ends.destination_head
    tries: dict[SeqNr, list[Attempted]] = {}
    start = ends.facts.off_ramp_block
    while start <= last.number:
        attempts, start = await read_attempts(logs, ends.lane, start, last)
        for attempt in attempts:
            tries.setdefault(attempt.outcome.seq_nr, []).append(attempt)
    return [
        _described(each)
        for _, each in sorted(tries.items())
        if each[-1].outcome.state is ExecutionState.FAILURE
    ]


def _described(tries: Sequence[Attempted]) -> Failed:
    last = tries[-1]
    data = last.outcome.return_data
    return Failed(
        last.outcome.message_id,
        last.outcome.seq_nr,
        str(explain(data)),
        data[:4] != RECEIVER_ERROR,
        len(tries),
        last.place.block_number,
        last.place.transaction_hash,
    )


@dataclass(frozen=True, slots=True)
class _Proofs:
    """Committed roots over the failed messages, with their trees and all their messages."""

    roots: Sequence[tuple[CommittedRoot, Tree]]
    messages: Mapping[SeqNr, Message]


async def _proofs(ends: _Ends, failed: Sequence[Failed]) -> _Proofs:
    wanted = {each.seq_nr for each in failed}
    roots = [root for root in await _roots(ends) if any(seq in root.interval for seq in wanted)]
    first = min((root.interval.first for root in roots), default=None)
    if first is None:
        raise NotYet("no committed root holds the failed messages any more")
    messages = await _messages(ends, first, max(root.interval.last for root in roots))
    metadata = metadata_hash(ends.lane.source, ends.lane.destination, ends.lane.on_ramp)
    return _Proofs([(root, tree_of(root, messages, metadata)) for root in roots], messages)


async def _roots(ends: _Ends) -> list[CommittedRoot]:
    logs, last = LogReader(ends.destination.rpc), ends.destination_head
    found: dict[bytes, CommittedRoot] = {}
    start = ends.facts.off_ramp_block
    while start <= last.number:
        events, start = await read_commits(logs, ends.lane, start, last)
        for event in events:
            if not isinstance(event, Committed):
                found.pop(event.root, None)
            elif event.report.has_root:
                root, interval = event.report.root, event.report.interval
                found[root] = CommittedRoot(root, interval, 0, blessed=True, quiet_since=0)
    return list(found.values())


async def _messages(ends: _Ends, first: SeqNr, last: SeqNr) -> dict[SeqNr, Message]:
    """From where `first` was sent on, until all of the interval is there."""
    logs, head = LogReader(ends.source.rpc), ends.source_head
    block = await find_message_block(ends.source, ends.lane.on_ramp, first, ends.facts.on_ramp_block, head)
    place, found = MessageCursor(block), dict[SeqNr, Message]()
    while place.next_block <= head.number and last not in found:
        sent, place = await read_messages(logs, ends.source, ends.lane, place, head)
        found.update((each.message.sequence_number, each.message) for each in sent)
    return {seq_nr: message for seq_nr, message in found.items() if first <= seq_nr <= last}


# Trying again


async def _retry(failed: Failed, ends: _Ends, proofs: _Proofs, sender: Sender, gas_limit: int) -> Retried:
    message = proofs.messages[failed.seq_nr]
    root, tree = next(each for each in proofs.roots if failed.seq_nr in each[0].interval)
    call = manually_execute_call(
        execution_report(root, tree, [message]),
        [GasLimitOverride(gas_limit, (0,) * len(message.token_amounts))],
    )
    try:
        entry = await sender.send(ends.lane.off_ramp, call, purpose="retry a failed message")
    except ContractRefused as refused:
        return Retried(failed, False, str(refused))
    with anyio.move_on_after(MINED_WITHIN):
        entry = await sender.wait(entry.id)
    words = {True: "executed", False: "the transaction reverted", None: "sent, and not mined yet"}
    return Retried(failed, entry.success is True, words[entry.success], entry.attempts[-1].hash)
