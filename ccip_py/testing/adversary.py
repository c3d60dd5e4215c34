"""What goes wrong on purpose: endpoints that lie to some nodes, committers that lie, and a quorum that was bought.

All of it is done with what an attacker of that kind would have: the nodes' own endpoints, or the committers' own keys.
Nothing here switches a check off in a contract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ccip_py.chains.deployment import LaneDeployment
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.deploy import devnet as roles
from ccip_py.deploy.keys import dev_account
from ccip_py.devnet.byzantine import Forgery, corrupt_transmit_call, forge_payout
from ccip_py.devnet.stepped import SteppedNetwork
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.hashing import leaf, metadata_hash
from ccip_py.protocol.ids import Address, MessageId
from ccip_py.protocol.message import TokenAmount
from ccip_py.sdk.evm import transact
from ccip_py.sdk.types import SentMessage
from ccip_py.testing.faults import Fault, FaultProxy, ForgeLogs, emitted_by

THIEF = Address(bytes.fromhex("bad0" * 10))
OUTSIDE_EPOCHS = 2**31  # of no agreement that honest committers will ever reach


class Faults:
    """Proxies between nodes and chains, for as long as a test lasts."""

    def __init__(self, network: SteppedNetwork) -> None:
        self._network = network
        self._proxies: list[FaultProxy] = []

    def put(self, chain: str, nodes: Sequence[str], faults: Sequence[Fault]) -> FaultProxy:
        """From now on these nodes reach the chain through a proxy with these faults."""
        place, nodes_up = self._network.chain(chain), self._network.nodes
        proxy = FaultProxy(self._network.anvils[place.name].url)
        self._network.host.call(proxy.__aenter__)
        self._proxies.append(proxy)
        proxy.set(*faults)
        for node in nodes:
            nodes_up.mains.routes[node, place.selector] = proxy.url
        self._network.host.call(nodes_up.restart, nodes)
        return proxy

    def clear(self) -> None:
        """Every node reaches every chain directly again."""
        self._network.nodes.mains.routes.clear()
        self._network.nodes.mains.credulous.clear()
        self._network.host.call(self._network.nodes.close)
        while self._proxies:
            self._network.host.call(self._proxies.pop().__aexit__, None, None, None)


def lie(network: SteppedNetwork, faults: Faults, committers: Sequence[str]) -> None:
    """These committers believe, and say, that every message has another receiver and other data."""
    network.nodes.mains.credulous.update(committers)
    for chain in network.deployment.chains:
        lanes = [lane for lane in network.deployment.lanes if lane.source == chain.selector]
        lies = [
            ForgeLogs(_forger(lane), emitted_by(lane.on_ramp, codec.CCIP_SEND_REQUESTED)) for lane in lanes
        ]
        faults.put(chain.name, committers, lies)


def _forger(lane: LaneDeployment) -> Callable[[bytes], bytes]:
    """Log data → the same message with other contents, and with the id that belongs to those."""
    metadata = metadata_hash(lane.source, lane.destination, lane.on_ramp)

    def forge(data: bytes) -> bytes:
        message = codec.decode_ccip_send_requested(data)
        altered = replace(message, receiver=THIEF, data=b"forged")
        return codec.encode_ccip_send_requested(
            replace(altered, message_id=MessageId(leaf(altered, metadata)))
        )

    return forge


def commit_forged(network: SteppedNetwork, sent: SentMessage, symbol: str, amount: int) -> Forgery:
    """A quorum of committers signs and commits that `sent` was a payout to a thief."""
    names = {chain.selector: chain for chain in network.deployment.chains}
    source, destination = names[sent.lane.source], names[sent.lane.destination]
    lane = network.lane(source.name, destination.name)
    forgery = forge_payout(
        sent.lane,
        sent.message,
        thief=THIEF,
        token=TokenAmount(source.token(symbol).address, amount),
        source_pool=source.token(symbol).pool,
        destination_token=destination.token(symbol).address,
    )
    keys = [KeySigner(dev_key(index)) for index in roles.COMMITTERS[: 2 * lane.f + 1]]
    call = corrupt_transmit_call(forgery.report, lane.config_digest, OUTSIDE_EPOCHS, keys)
    sender = dev_account(roles.COMMITTERS[0])
    network.ccip.driver.run(transact(lane.destination, sender, lane.commit_store, call))
    return forgery


def execute_forged(network: SteppedNetwork, sent: SentMessage, forgery: Forgery) -> None:
    """The executor's key tries to execute it, with a valid proof; what the chain says comes back as an error."""
    names = {chain.selector: chain.name for chain in network.deployment.chains}
    lane = network.lane(names[sent.lane.source], names[sent.lane.destination])
    call = codec.execute_call(forgery.execution())
    network.ccip.driver.run(transact(lane.destination, dev_account(roles.EXECUTORS[0]), lane.off_ramp, call))
