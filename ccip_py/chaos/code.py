"""Contracts of a few instructions, written by hand: to each function a body, and a body for everything else.

runtime = answering({"owner()": returning(owner), "transferFrom(address,address,uint256)": returning(1)})
"""

from __future__ import annotations

from collections.abc import Mapping

from ccip_py.audit.words import put, signature

STOP = bytes.fromhex("00")
REFUSE = bytes.fromhex("5f5ffd")  # REVERT with nothing
BURN_GAS = bytes.fromhex("5b586001900356")  # jump to where it is, for ever
BOMB = bytes.fromhex("620800005ff3")  # RETURN 512 kB
INVALID = bytes.fromhex("fe")  # an instruction that does not exist

SUPPORTS = "supportsInterface(bytes4)"
YES_BUT = bytes.fromhex("60043560e01c63ffffffff14155f5260205ff3")  # any but the id that must be denied


def returning(*words: int | bytes) -> bytes:
    """Answer these words."""
    stored = b"".join(
        b"\x7f" + put(word) + b"\x61" + (32 * place).to_bytes(2) + b"\x52"  # PUSH32 PUSH2 MSTORE
        for place, word in enumerate(words)
    )
    return stored + b"\x61" + (32 * len(words)).to_bytes(2) + b"\x5f\xf3"  # PUSH2 PUSH0 RETURN


def answering(answers: Mapping[str, bytes], otherwise: bytes = REFUSE) -> bytes:
    """Runtime code: the body of the function that is called, by its signature, or the other one."""
    entry = 11  # bytes of each: DUP1, PUSH4 selector, EQ, PUSH2 body, JUMPI
    head = bytes.fromhex("5f3560e01c")  # PUSH0 CALLDATALOAD PUSH1 224 SHR
    start = len(head) + entry * len(answers) + len(otherwise)
    jumps, bodies = b"", b""
    for name, body in answers.items():
        at = start + len(bodies)
        jumps += b"\x80\x63" + signature(name)[:4] + b"\x14\x61" + at.to_bytes(2) + b"\x57"
        bodies += b"\x5b" + body
    return head + jumps + otherwise + bodies


def creating(runtime: bytes) -> bytes:
    """Creation code that leaves this behind."""
    size = len(runtime).to_bytes(2)
    return b"\x61" + size + bytes([0x80, 0x60, 0x0B, 0x5F, 0x39, 0x5F, 0xF3, 0x00]) + runtime
