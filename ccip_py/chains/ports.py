"""What is asked of a chain, by role: small Protocols, and the plain values they speak in.

Every read names its block. A `Block` is pinned once per cycle and passed to all reads, so that a view never
mixes two states of a chain. Storage behind these ports belongs to the nodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ccip_py.protocol.ids import Address, ChainSelector


@dataclass(frozen=True, slots=True)
class Block:
    """One block by number and hash. `timestamp` is the chain's, in seconds."""

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class Heads:
    """The two ends of what is interesting, as of one moment. `finalized` never goes back."""

    latest: Block
    finalized: Block


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the chain keeps it, undecoded."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    index: int  # within the block


@dataclass(frozen=True, slots=True)
class LogPage:
    """Logs in chain order, each once, and the first block that was not read."""

    logs: tuple[Log, ...]
    next_block: int


@dataclass(frozen=True, slots=True)
class FinalityRecord:
    """The highest block that was ever final here, and why the chain is not followed any more, if so."""

    number: int
    hash: bytes
    violation: str = ""


class FinalityStore(Protocol):
    """Where the ratchet outlives the process, and the hash of the chain's first block, in hex; empty while it is not
    known. What is saved is on disk when that returns."""

    def genesis(self, chain: ChainSelector) -> str: ...

    def pin_genesis(self, chain: ChainSelector, block_hash: str) -> None: ...

    def load(self, chain: ChainSelector) -> FinalityRecord | None: ...

    def save(self, chain: ChainSelector, record: FinalityRecord) -> None: ...


class HeadSource(Protocol):
    """Which block counts as final. Raises FinalityViolation for good once a final block has changed."""

    async def pin(self) -> Heads: ...


class LogSource(Protocol):
    """Logs of one contract with one of the topics, from block `first` up to `last`, in pages."""

    async def read(
        self, address: Address, topics: Sequence[bytes], first: int, last: Block, at_most: int = ...
    ) -> LogPage: ...
