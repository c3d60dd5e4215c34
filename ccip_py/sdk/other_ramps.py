"""What an OnRamp of CCIP 1.6 says of a message it took: `CCIPMessageSent`.

Only that it was sent, and under which id. How it goes on is decided by contracts that are not read here.
"""

from __future__ import annotations

from typing import Final

from eth_abi.abi import decode

from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import ChainSelector, MessageId, SeqNr
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.message import Message, OutgoingMessage
from ccip_py.sdk.evm import as_address

_HEADER = "(bytes32,uint64,uint64,uint64,uint64)"  # id, source, destination, sequence number, nonce
_TOKEN = "(address,bytes,bytes,uint256,bytes)"  # source pool, token there, its pool's word, amount, gas there
_MESSAGE = f"({_HEADER},address,bytes,bytes,bytes,address,uint256,uint256,{_TOKEN}[])"
CCIP_MESSAGE_SENT: Final = keccak(f"CCIPMessageSent(uint64,uint64,{_MESSAGE})".encode())


def decode_ccip_message_sent(data: bytes, outgoing: OutgoingMessage) -> Message:
    """The message in the form of 1.5. The event names pools instead of tokens: those are as they were handed over.

    Its id is the OnRamp's word: in 1.6 it is no leaf, and nothing can be proven with what is here.
    """
    header, sender, payload, receiver, extra, fee_token, fee, _, _ = decode([_MESSAGE], data)[0]
    message_id, source, _, sequence_number, nonce = header
    return Message(
        ChainSelector(source),
        as_address(sender),
        as_address(receiver[-20:]),
        SeqNr(sequence_number),
        codec.decode_extra_args(extra, 0).gas_limit,
        False,
        nonce,
        as_address(fee_token),
        fee,
        payload,
        outgoing.token_amounts,
        (),
        MessageId(message_id),
    )
