"""A long past in a short time: messages sent, committed, blessed and executed without any node at work.

Whoever holds all keys of a devnet can do by himself what its nodes would have done. The chains end as they would have
after so many messages: the same events, the same states. What differs is only how long it took.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ccip_py.audit.rpc import Call, Endpoint, EndpointError
from ccip_py.chains.deployment import ChainDeployment, LaneDeployment
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.chaos.traffic import Traffic
from ccip_py.chaos.watch import SENT, Backlog
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.keys import dev_address
from ccip_py.devnet.byzantine import corrupt_transmit_call
from ccip_py.devnet.network import Network
from ccip_py.errors import NotYet
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.digests import bless_digest, rmn_domain
from ccip_py.protocol.ids import Address
from ccip_py.protocol.merkle import grow
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import CommitReport, ExecutionReport, Interval, PriceUpdates

UNDER_A_ROOT = 128
AT_ONCE = 500  # messages handed over in one exchange
GAS = 16_000_000
FINAL_AFTER = 16  # blocks: more than a devnet needs
EPOCHS = (
    2**20
)  # from here on, one for each report: far from those that nodes count, for they sign none of them twice
MONITORS_VERSION = 1  # of a fresh network

Progress = Callable[[str], None]


def live_through(
    network: Network, traffic: Traffic, messages: int, progress: Progress = lambda _: None
) -> None:
    """So many messages from the first chain to the second, all of them executed when this returns."""
    lane = network.deployment.lanes[0]
    source, destination = network.deployment.chain(lane.source), network.deployment.chain(lane.destination)
    for done in range(0, messages, AT_ONCE):
        share = min(AT_ONCE, messages - done)
        if traffic.send(source.name, destination.name, share) != share:
            raise NotYet(f"the chain {source.name} took less than {share} messages", code="CHAIN_FULL")
    network.wait_until("the past was sent", lambda: _sent(source, lane) >= messages, timeout=600)
    network.anvils[source.name].mine(FINAL_AFTER)
    progress(f"{messages:,} messages of the past are sent")
    with Endpoint(source.rpc_url) as here, Endpoint(destination.rpc_url) as there:
        for under in _roots(here, lane):
            _finish(there, destination, lane, under)
    with Backlog(network) as backlog:
        network.wait_until("the past was executed", lambda: not backlog.left(), timeout=600)
    progress(f"{messages:,} messages of the past are executed")


def _sent(source: ChainDeployment, lane: LaneDeployment) -> int:
    with Endpoint(source.rpc_url) as endpoint:
        call = {"to": codec.checksum(lane.on_ramp), "data": "0x4120fccd"}  # getExpectedNextSequenceNumber()
        return int(endpoint.ask("eth_call", call, "latest"), 16) - 1


def _roots(endpoint: Endpoint, lane: LaneDeployment) -> Iterator[list[Message]]:
    """All messages of the lane, by what comes under one root."""
    under: list[Message] = []
    head = int(endpoint.ask("eth_blockNumber"), 16)
    for block in range(head + 1):
        where = {"fromBlock": hex(block), "toBlock": hex(block), "address": codec.checksum(lane.on_ramp)}
        for log in endpoint.ask("eth_getLogs", {**where, "topics": ["0x" + SENT.hex()]}):
            under.append(codec.decode_ccip_send_requested(bytes.fromhex(log["data"][2:])))
            if len(under) == UNDER_A_ROOT:
                yield under
                under = []
    if under:
        yield under


def _finish(
    endpoint: Endpoint, chain: ChainDeployment, lane: LaneDeployment, under: Sequence[Message]
) -> None:
    """Commit, bless and execute these, in this order."""
    tree = grow([message.message_id for message in under])
    interval = Interval(under[0].sequence_number, under[-1].sequence_number)
    report = CommitReport(PriceUpdates(), interval, tree.root)
    signers = [KeySigner(dev_key(index)) for index in roles.COMMITTEE[: 2 * lane.f + 1]]
    blessing = Blessing(
        lane.commit_store, lane.source, lane.on_ramp, interval.first, interval.last, tree.root, 0
    )
    proof = tree.prove(range(len(under)))
    executed = ExecutionReport(
        tuple(under),
        tuple((b"",) * len(message.token_amounts) for message in under),
        proof.hashes,
        proof.flag_bits,
    )
    wanted = [
        (
            roles.COMMITTERS[0],
            lane.commit_store,
            corrupt_transmit_call(report, lane.config_digest, EPOCHS + interval.first, signers),
        ),
        (roles.RELAYERS[0], chain.rmn, codec.bless_call(blessing, _votes(blessing, chain))),
        (roles.EXECUTORS[0], lane.off_ramp, codec.execute_call(executed)),
    ]
    for index, to, data in wanted:
        _send(endpoint, dev_address(index), to, data)


def _votes(blessing: Blessing, chain: ChainDeployment) -> list[tuple[bytes, bytes]]:
    digest = bless_digest(rmn_domain(chain.chain_id, chain.rmn), blessing, MONITORS_VERSION)
    keys = sorted((KeySigner(dev_key(index)) for index in roles.BLESSERS[:3]), key=lambda key: key.address)
    signatures = [key.sign_digest(digest) for key in keys]
    return [
        (each[:32], (int.from_bytes(each[32:64]) | (each[64] % 27 % 2) << 255).to_bytes(32))
        for each in signatures
    ]


def _send(endpoint: Endpoint, sender: Address, to: Address, data: bytes) -> None:
    """Mined at once where the chain mines so, else in one of the next blocks; order is kept by waiting for it."""
    call = {
        "from": codec.checksum(sender),
        "to": codec.checksum(to),
        "data": "0x" + data.hex(),
        "gas": hex(GAS),
    }
    asked: list[Call] = [("eth_sendTransaction", [call]), ("evm_mine", [])]
    sent, mined = endpoint.batch(asked)
    if isinstance(sent, EndpointError):
        raise sent
    if isinstance(mined, EndpointError):
        raise mined
    receipt = endpoint.ask("eth_getTransactionReceipt", sent)
    if receipt is None or receipt["status"] != "0x1":
        raise NotYet(f"the past could not happen: transaction {sent}", code="NO_PAST")
