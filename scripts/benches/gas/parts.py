"""What lanes that speak CCIP 1.5 share, whoever wrote their contracts: messages, reports, signatures."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eth_abi.grammar import parse
from eth_typing import Hash32

from ccip_py.deploy.keys import dev_account
from ccip_py.protocol import merkle
from ccip_py.protocol.codec.evm import calls
from ccip_py.protocol.codec.evm.events import decode_ccip_send_requested
from ccip_py.protocol.codec.evm.messages import encode_extra_args, encode_values
from ccip_py.protocol.codec.evm.reports import encode_commit_report
from ccip_py.protocol.ids import NO_ADDRESS, Address, ChainSelector, Root
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.message import ExtraArgs, Message, OutgoingMessage, TokenAmount
from ccip_py.protocol.report import CommitReport, ExecutionReport, Interval, PriceUpdates

from .node import Node
from .scenario import Done

DATA = bytes([0x11]) * 32  # no zero byte: the dearest calldata
RECEIVER_GAS = 200_000
AMOUNT = 10**15
FOREVER = 2**256 - 1
SUCCESS = 2
_SENT = (
    "0x"
    + keccak(
        b"CCIPSendRequested((uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,"
        b"(address,uint256)[],bytes[],bytes32))"
    ).hex()
)
_CHANGED = "0x" + keccak(b"ExecutionStateChanged(uint64,bytes32,uint8,bytes)").hex()


def outgoing(receiver: str, fee_token: Address | None, token: Address | None) -> OutgoingMessage:
    """The message that is measured. Without a fee token it pays in native; with a token it carries nothing else."""
    return OutgoingMessage(
        receiver=raw(receiver).rjust(32, b"\0"),
        data=DATA if token is None else b"",
        token_amounts=() if token is None else (TokenAmount(token, AMOUNT),),
        fee_token=fee_token or NO_ADDRESS,
        extra_args=encode_extra_args(ExtraArgs(RECEIVER_GAS if token is None else 0, True)),
    )


def send(
    node: Node, user: str, router: str, destination: ChainSelector, message: OutgoingMessage
) -> tuple[Done, Message]:
    """Quote if the fee is native, send, and read the message from the event."""
    value = 0
    if message.fee_token == NO_ADDRESS:
        value = int.from_bytes(node.call(router, calls.get_fee_call(destination, message)), "big")
    receipt = node.send(user, router, calls.ccip_send_call(destination, message), value)
    log = next(log for log in receipt["logs"] if log["topics"][0] == _SENT)
    return Done(node, receipt), decode_ccip_send_requested(bytes.fromhex(log["data"][2:]))


def root_of(messages: Sequence[Message]) -> Root:
    """The root over exactly these."""
    return merkle.root([message.message_id for message in messages])


def commit_report(messages: Sequence[Message], prices: PriceUpdates) -> bytes:
    """What committers sign."""
    interval = Interval(messages[0].sequence_number, messages[-1].sequence_number)
    return encode_commit_report(CommitReport(prices, interval, root_of(messages)))


def whole(messages: Sequence[Message]) -> ExecutionReport:
    """All messages of their root."""
    leaves = [message.message_id for message in messages]
    proof = merkle.prove(leaves, range(len(leaves)))
    tokens = tuple((b"",) * len(message.token_amounts) for message in messages)
    return ExecutionReport(tuple(messages), tokens, proof.hashes, proof.flag_bits)


def personal(digest: bytes) -> bytes:
    """The digest that wallets sign in the place of 32 bytes (EIP-191)."""
    return keccak(b"\x19Ethereum Signed Message:\n32" + digest)


def signed(accounts: Iterable[int], digest: bytes) -> list[bytes]:
    """The signatures of Anvil's accounts, 65 bytes each."""
    return [bytes(dev_account(index).unsafe_sign_hash(Hash32(digest)).signature) for index in accounts]


def successes(receipt: Any) -> int:
    """How many messages the transaction left in state SUCCESS."""
    states = [int(log["data"][2:66], 16) for log in receipt["logs"] if log["topics"][0] == _CHANGED]
    return states.count(SUCCESS)


def function(signature: str, *values: object) -> bytes:
    """Call data of a function by its signature."""
    listed = signature[signature.index("(") :]
    types = [] if listed == "()" else [each.to_type_str() for each in parse(listed).components]
    return keccak(signature.encode())[:4] + encode_values(types, list(values))


def kind(parameter: Mapping[str, Any]) -> str:
    """A parameter's type as signatures have it."""
    name = str(parameter["type"])
    if not name.startswith("tuple"):
        return name
    return "(" + ",".join(kind(each) for each in parameter["components"]) + ")" + name[len("tuple") :]


def hexed(address: bytes) -> str:
    """As JSON-RPC wants it."""
    return "0x" + bytes(address).hex()


def raw(address: str) -> Address:
    """Twenty bytes."""
    return Address(bytes.fromhex(address.removeprefix("0x")))
