"""Receivers written in a few instructions: one that does nothing, and some that do harm.

All of them say by ERC-165 that they take messages, so they are called.
"""

from __future__ import annotations

from ccip_py.devnet.network import Network
from ccip_py.protocol.ids import Address
from ccip_py.sdk.evm import as_address, transact

_ASKED = bytes.fromhex("5f3560e01c6301ffc9a714")  # is it supportsInterface?
_YES = bytes.fromhex("5b60043560e01c63ffffffff14155f5260205ff3")  # any but the id that must be denied

BODIES = {
    "idle": bytes.fromhex("00"),  # STOP
    "refusing": bytes.fromhex("5f5ffd"),  # REVERT with nothing
    "gas burner": bytes.fromhex("5b600e56"),  # jump to itself for ever
    "return bomb": bytes.fromhex("620800005ff3"),  # RETURN 512 kB
    "revert bomb": bytes.fromhex("620800005ffd"),  # REVERT with 512 kB
    "invalid": bytes.fromhex("fe"),  # an instruction that does not exist
}
HOSTILE = tuple(name for name in BODIES if name != "idle")


def receiver_code(body: bytes) -> bytes:
    """Runtime code: answer the question, or do what the body says."""
    start = len(_ASKED) + 3  # the jump to the answer
    return _ASKED + bytes([0x60, start + len(body), 0x57]) + body + _YES


def deploy(network: Network, chain: str, body: bytes) -> Address:
    """Put such a receiver on a chain, by a transaction of the user's."""
    code = receiver_code(body)
    init = bytes([0x60, len(code), 0x60, 0x0A, 0x5F, 0x39, 0x60, len(code), 0x5F, 0xF3]) + code
    flow = transact(network.chain(chain).selector, network.user, None, init)
    _, receipt = network.ccip.driver.run(flow)
    return as_address(receipt["contractAddress"])
