"""Writing and signing transactions: EIP-1559 only, so that the chain id is always under the signature."""

from dataclasses import dataclass
from typing import Protocol

from ccip_py.chains.evm import rlp
from ccip_py.errors import BadInput
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

EIP_1559 = b"\x02"


class Signer(Protocol):
    """A key that only signs. Signatures are deterministic (RFC 6979): signing again gives the same transaction."""

    @property
    def address(self) -> Address: ...

    def sign_digest(self, digest: bytes) -> bytes:
        """r ‖ s ‖ v over 32 bytes, v 27 or 28 (0 and 1 are understood)."""
        ...


@dataclass(frozen=True, slots=True)
class Transaction:
    """Everything a signature covers. Prices in wei per unit of gas."""

    chain_id: int
    nonce: int
    max_priority_fee: int
    max_fee: int
    gas_limit: int
    to: Address | None  # None: create a contract
    value: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Signed:
    """What is broadcast, and its name."""

    raw: bytes
    hash: bytes


def sign(transaction: Transaction, signer: Signer) -> Signed:
    """The signed transaction."""
    if transaction.chain_id < 1:
        raise BadInput("a transaction must name its chain", context={"chain_id": transaction.chain_id})
    fields: list[rlp.Item] = [
        transaction.chain_id,
        transaction.nonce,
        transaction.max_priority_fee,
        transaction.max_fee,
        transaction.gas_limit,
        bytes(transaction.to or b""),
        transaction.value,
        transaction.data,
        [],
    ]
    signature = signer.sign_digest(keccak(EIP_1559 + rlp.encode(fields)))
    r, s = (int.from_bytes(signature[start : start + 32], "big") for start in (0, 32))
    odd = signature[64] - 27 if signature[64] >= 27 else signature[64]
    raw = EIP_1559 + rlp.encode([*fields, odd, r, s])
    return Signed(raw, keccak(raw))
