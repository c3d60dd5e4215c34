"""Upper bounds on what executing a message takes, so that a full batch never runs short of gas.

Too little gas anywhere reverts the whole transaction and every message in it stays untouched, while gas that
is not used costs nothing. So these are bounds, not estimates. Measured with receivers that burn all they are
given and spend 28,000 gas on each interface probe, batches of 1 to 64 need 50 to 97 % of them. Whoever sends
simulates first, so a bound that is too low shows before it costs anything.
"""

from __future__ import annotations

from typing import Final

from ..errors import CannotEncode
from ..protocol.codec.evm import decode_source_token_data
from ..protocol.message import Message

# The transaction itself, checks of the report, the proof, reads of root and blessing.
BATCH_GAS: Final = 150_000

# Hashing, states and nonce, events, three interface probes of 30,000 gas each, the hop through the Router.
MESSAGE_GAS: Final = 190_000

# Finding and probing the pool, on top of the gas that the message itself carries for the token.
TOKEN_GAS: Final = 150_000

# Calldata at its dearest (EIP-7623 floor), and copying and hashing it.
BYTE_GAS: Final = 45

# Each proof hash: calldata and one step of the climb.
PROOF_HASH_GAS: Final = 3_000

# Nodes relay transactions of up to 128 KiB; a kilobyte is left for what surrounds the messages.
MAX_REPORT_BYTES: Final = 127 * 1024

# A callee gets at most 63/64 of what its caller has, three calls deep.
_NESTING: Final = (105, 100)

# Thirteen words of the struct, four lengths, its offset, message data offsets and one proof hash.
_MESSAGE_BYTES: Final = 32 * 24
_TOKEN_BYTES: Final = 32 * 8


def message_bytes(message: Message) -> int:
    """Calldata that one message adds to a report, with a proof hash of its own."""
    token_data = sum(len(each) + 32 for each in message.source_token_data)
    return _MESSAGE_BYTES + len(message.data) + 32 + _TOKEN_BYTES * len(message.token_amounts) + token_data


def message_gas(message: Message) -> int:
    """Gas that one message adds to a batch at most."""
    promised = message.gas_limit + sum(_dest_gas(each) for each in message.source_token_data)
    return (
        MESSAGE_GAS
        + PROOF_HASH_GAS
        + TOKEN_GAS * len(message.source_token_data)
        + BYTE_GAS * message_bytes(message)
        + promised * _NESTING[0] // _NESTING[1]
    )


def _dest_gas(source_token_data: bytes) -> int:
    """What the token step is given; nothing if unreadable, which the simulation will then show."""
    try:
        return decode_source_token_data(source_token_data).dest_gas_amount
    except CannotEncode:
        return 0
