"""Every message of a test, found on the chains, and its journey in words: for the person whose test just failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hexbytes import HexBytes

from ccip_py.chains.deployment import ChainDeployment, Deployment
from ccip_py.devnet.delivery import obstacles
from ccip_py.devnet.stepped import SteppedNetwork
from ccip_py.errors import CcipError
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import ChainSelector
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.client import Ccip
from ccip_py.sdk.evm import as_address, mined_transaction, succeeded
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.track import Trace
from ccip_py.sdk.types import SentMessage

OVER = (Stage.EXECUTED, Stage.FAILED)


def messages_since(sdk: Ccip, deployment: Deployment, since: Mapping[str, int]) -> list[SentMessage]:
    """Every message that was sent on a chain after the block named for it, whoever sent it."""
    found: list[SentMessage] = []
    for chain in deployment.chains:
        found += sdk.driver.run(_sent_on(chain, deployment, since[chain.name] + 1))
    return found


def _sent_on(chain: ChainDeployment, deployment: Deployment, first: int) -> Flow[list[SentMessage]]:
    lanes = {lane.on_ramp: lane.lane() for lane in deployment.lanes if lane.source == chain.selector}
    query = {
        "address": [codec.checksum(on_ramp) for on_ramp in lanes],
        "topics": ["0x" + codec.CCIP_SEND_REQUESTED.hex()],
        "fromBlock": hex(first),
        "toBlock": "latest",
    }
    (head, answer) = yield from ask(chain.selector, Call("eth_blockNumber"), Call("eth_getLogs", (query,)))
    if int(succeeded(head), 16) < first:
        return []
    logs = succeeded(answer)
    hashes = list(dict.fromkeys(log["transactionHash"] for log in logs))
    mined = {}
    for each in hashes:
        (receipt,) = yield from ask(chain.selector, Call("eth_getTransactionReceipt", (each,)))
        mined[each] = yield from mined_transaction(chain.selector, succeeded(receipt))
    return [
        SentMessage(
            lanes[as_address(log["address"])],
            codec.decode_ccip_send_requested(bytes(HexBytes(log["data"]))),
            mined[log["transactionHash"]],
        )
        for log in logs
    ]


def tell(sdk: Ccip, network: SteppedNetwork, messages: Sequence[SentMessage]) -> str:
    """All journeys, a line per stage, and what to make of those that are not over. Empty without messages."""
    if not messages:
        return ""
    names = {chain.selector: chain.name for chain in network.deployment.chains}
    lines: list[str] = []
    open_traces: list[Trace] = []
    for sent in messages:
        try:
            trace = sdk.look(sent)
        except CcipError as trouble:
            lines.append(f"{_title(sent, names)}: cannot be followed: {trouble}")
            continue
        lines.append(_title(sent, names))
        for reached in trace.stages():
            reason = f": {reached.reason}" if reached.reason else ""
            where = f"block {reached.block} of {names[reached.chain]}"
            lines.append(
                f"  {reached.stage.name.lower():<10}{where:<18}{reached.transaction.to_0x_hex()}{reason}"
            )
        if trace.stage not in OVER:
            open_traces.append(trace)
            lines += [f"  waits: {why}" for why in obstacles(network, trace)]
    return "\n".join([*lines, *_advice(open_traces), *_troubles(network)])


def _title(sent: SentMessage, names: Mapping[ChainSelector, str]) -> str:
    way = f"{names[sent.lane.source]} → {names[sent.lane.destination]}"
    return f"message {sent.sequence_number} {way}  {sent.message_id.to_0x_hex()}"


def _advice(waiting: Sequence[Trace]) -> list[str]:
    if not waiting:
        return []
    count = "1 message is" if len(waiting) == 1 else f"{len(waiting)} messages are"
    return [f"{count} still in flight: did you forget to deliver? ccip.run_until(message) or ccip.deliver()"]


def _troubles(network: SteppedNetwork) -> list[str]:
    return [f"{name} says: {said}" for name, said in network.nodes.troubles.items()]
