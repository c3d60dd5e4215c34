"""A message's parts: extra arguments, source token data, and the message itself as a tuple for eth_abi.

Reading is by hand, with every bound checked, and so is writing a message, which executors do twice for each: by eth_abi
it takes thirty times as long. Other writing is eth_abi's. Both are held against each other. The type strings are the wire format of CCIP 1.5: topics and selectors are
computed from them, so a slip shows as an unknown event.
"""

from __future__ import annotations

from typing import Any, Final

from ....errors import CannotEncode
from ...ids import Address, ChainSelector, MessageId, SeqNr
from ...message import ExtraArgs, Message, OutgoingMessage, SourceTokenData, TokenAmount
from .abi import Reader, dynamic_array, dynamic_bytes, exactly, narrow, word

# bytes4(keccak256("CCIP EVMExtraArgsV1")) and V2: the first bytes of extra arguments name their layout.
EXTRA_ARGS_V1_TAG: Final = bytes.fromhex("97a657c9")
EXTRA_ARGS_V2_TAG: Final = bytes.fromhex("181dcf10")

# EVMTokenAmount, EVM2AnyMessage, EVM2EVMMessage and SourceTokenData of `contracts/types`.
TOKEN_AMOUNT: Final = "(address,uint256)"
OUTGOING_MESSAGE: Final = f"(bytes,bytes,{TOKEN_AMOUNT}[],address,bytes)"
MESSAGE: Final = (
    "(uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,"
    f"{TOKEN_AMOUNT}[],bytes[],bytes32)"
)
_HEAD: Final = 13 * 32  # bytes of a message's head
SOURCE_TOKEN_DATA: Final = "(bytes,bytes,bytes,uint32)"


def encode_values(types: list[str], values: list[Any]) -> bytes:
    """eth_abi.encode, with its errors turned into ours."""
    from eth_abi.abi import (
        encode,
    )  # takes longer to load than all else here: checks of typed input do without it
    from eth_abi.exceptions import EncodingError

    try:
        return encode(types, values)
    except (EncodingError, TypeError, ValueError) as error:
        raise CannotEncode("a value does not fit its ABI type", context={"reason": str(error)}) from error


def encode_extra_args(extra_args: ExtraArgs) -> bytes:
    """The newest layout (V2), which every 1.5 lane accepts."""
    if not 0 <= extra_args.gas_limit < 2**256:
        raise CannotEncode("gas limit is a uint256", context={"gas_limit": extra_args.gas_limit})
    return EXTRA_ARGS_V2_TAG + word(extra_args.gas_limit) + word(extra_args.allow_out_of_order)


def decode_extra_args(data: bytes, default_gas_limit: int) -> ExtraArgs:
    """What a sender asked for; empty bytes ask for the lane's default gas, in order, as V1 asks for order.

    V1 tolerates the `strict` word of older senders and ignores it, as the contracts do.
    """
    if not data:
        return ExtraArgs(default_gas_limit, allow_out_of_order=False)
    tag, reader = data[:4], Reader(data[4:])
    if tag == EXTRA_ARGS_V1_TAG:
        return ExtraArgs(reader.uint(0), allow_out_of_order=False)
    if tag == EXTRA_ARGS_V2_TAG:
        return ExtraArgs(reader.uint(0), allow_out_of_order=bool(reader.uint(1, bits=1)))
    raise CannotEncode(
        "unknown extra arguments tag",
        code="UNKNOWN_EXTRA_ARGS_TAG",
        context={"tag": tag},
        hint="an EVM destination takes EVMExtraArgsV1 (0x97a657c9) or V2 (0x181dcf10)",
    )


def encode_source_token_data(data: SourceTokenData) -> bytes:
    """abi.encode(SourceTokenData), as the OnRamp puts one beside each token amount."""
    return encode_values(
        [SOURCE_TOKEN_DATA], [(data.source_pool, data.dest_token, data.extra_data, data.dest_gas_amount)]
    )


def decode_source_token_data(data: bytes) -> SourceTokenData:
    """The inverse. The source OnRamp wrote these bytes, and anything may be in them if it is hostile."""
    fields = Reader(data).tuple_at(0)
    return SourceTokenData(
        source_pool=fields.bytes_at(0),
        dest_token=fields.bytes_at(1),
        extra_data=fields.bytes_at(2),
        dest_gas_amount=fields.uint(3, bits=32),
    )


def outgoing_values(message: OutgoingMessage) -> tuple[Any, ...]:
    """An outgoing message as eth_abi takes an OUTGOING_MESSAGE."""
    amounts = [(amount.token, amount.amount) for amount in message.token_amounts]
    return (message.receiver, message.data, amounts, message.fee_token, message.extra_args)


def message_values(message: Message) -> tuple[Any, ...]:
    """A message as eth_abi takes a MESSAGE."""
    return (
        message.source_chain_selector,
        message.sender,
        message.receiver,
        message.sequence_number,
        message.gas_limit,
        message.strict,
        message.nonce,
        message.fee_token,
        message.fee_token_amount,
        message.data,
        [(amount.token, amount.amount) for amount in message.token_amounts],
        message.source_token_data,
        message.message_id,
    )


def write_message(message: Message) -> bytes:
    """A message as the struct lies in memory, without the offset that points to it: see `read_message`."""
    data = dynamic_bytes(message.data)
    amounts = word(len(message.token_amounts)) + b"".join(
        exactly(each.token, 20) + narrow(each.amount, 256) for each in message.token_amounts
    )
    token_data = dynamic_array([dynamic_bytes(each) for each in message.source_token_data])
    behind = _HEAD + len(data)
    return b"".join(
        (
            narrow(message.source_chain_selector, 64),
            exactly(message.sender, 20),
            exactly(message.receiver, 20),
            narrow(message.sequence_number, 64),
            narrow(message.gas_limit, 256),
            word(message.strict),
            narrow(message.nonce, 64),
            exactly(message.fee_token, 20),
            narrow(message.fee_token_amount, 256),
            word(_HEAD),
            word(behind),
            word(behind + len(amounts)),
            exactly(message.message_id, 32),
            data,
            amounts,
            token_data,
        )
    )


def read_message(fields: Reader) -> Message:
    """A message by the offsets of its thirteen words: every node decodes every message.

    Words 0 to 8 are the fields of fixed size, in the order of the struct. Words 9, 10 and 11 are offsets,
    from the start of the struct, of data, token amounts and source token data. Word 12 is the id. An element
    of the token amounts is two words; an element of the token data is an offset from the first of them.
    """
    token_count, amounts = fields.array(10)
    data_count, token_data = fields.array(11)
    return Message(
        source_chain_selector=ChainSelector(fields.uint(0, bits=64)),
        sender=Address(fields.address(1)),
        receiver=Address(fields.address(2)),
        sequence_number=SeqNr(fields.uint(3, bits=64)),
        gas_limit=fields.uint(4),
        strict=bool(fields.uint(5, bits=1)),
        nonce=fields.uint(6, bits=64),
        fee_token=Address(fields.address(7)),
        fee_token_amount=fields.uint(8),
        data=fields.bytes_at(9),
        token_amounts=tuple(
            TokenAmount(Address(amounts.address(2 * i)), amounts.uint(2 * i + 1)) for i in range(token_count)
        ),
        source_token_data=tuple(token_data.bytes_at(i) for i in range(data_count)),
        message_id=MessageId(fields.word_at(12)),
    )
