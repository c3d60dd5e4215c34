"""What is signed, and what binds it: one definition for every signer, verifier and relayer.

Committers sign a report digest: raw 32 bytes under secp256k1, without any prefix. It binds the report to a
signer set (config digest), and to an epoch and round, so that a signature can neither be counted twice nor
under other signers. Monitors sign EIP-712 typed data of the destination's RMN, which binds to its chain and
address besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eth_abi.abi import encode

from .blessing import Blessing, CurseVote
from .codec.evm.abi import word
from .ids import Address
from .keccak import keccak

# The top two bytes of a config digest name the way it is computed.
CONFIG_DIGEST_PREFIX: Final = b"\x00\x01"

# What the contract hashes of a configuration, in order: chain id, its own address, how many configurations it
# has had, signers, transmitters, f, and two opaque parts with the version of the second. Chain id and address
# keep one network's signatures from meaning anything to another; the count keeps a configuration that was
# replaced from coming back together with its old signatures.
_CONFIG: Final = (
    "uint256",
    "address",
    "uint64",
    "address[]",
    "address[]",
    "uint8",
    "bytes",
    "uint64",
    "bytes",
)

# EIP-712: the hash of a type is the hash of its definition, followed by those of the structs it refers to.
_DOMAIN_TYPE: Final = keccak(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_BLESSING: Final = (
    b"Blessing(address commitStore,uint64 sourceChainSelector,address onRamp,"
    b"uint64 first,uint64 last,bytes32 root,uint64 epoch)"
)
_BLESSING_TYPE: Final = keccak(_BLESSING)
_BLESS_VOTE_TYPE: Final = keccak(b"BlessVote(Blessing blessing,uint32 configVersion)" + _BLESSING)
_CURSE_VOTE_TYPE: Final = keccak(
    b"CurseVote(bytes16 subject,uint64 nonce,uint64 validUntil,bytes32 evidence,uint32 configVersion)"
)
_RMN_NAME: Final = keccak(b"RMN")
_RMN_VERSION: Final = keccak(b"1")

# Config digest, epoch and round, unused.
ReportContext = tuple[bytes, bytes, bytes]


# --- Committers ---


def config_digest(
    chain_id: int,
    contract: Address,
    config_count: int,
    signers: Sequence[Address],
    transmitters: Sequence[Address],
    f: int,
    onchain_config: bytes,
    offchain_config_version: int,
    offchain_config: bytes,
) -> bytes:
    """The name of one configuration of one contract on one chain. Any change of any part gives another."""
    encoded = encode(
        _CONFIG,
        (
            chain_id,
            contract,
            config_count,
            signers,
            transmitters,
            f,
            onchain_config,
            offchain_config_version,
            offchain_config,
        ),
    )
    return CONFIG_DIGEST_PREFIX + keccak(encoded)[2:]


def epoch_and_round(epoch: int, round_: int) -> int:
    """uint40: the epoch in the upper 32 bits, the round in the lower 8. Prices apply only if this grows."""
    if not (0 <= epoch < 2**32 and 0 <= round_ < 2**8):
        raise ValueError(f"epoch {epoch} is a uint32 and round {round_} a uint8")
    return epoch << 8 | round_


def report_context(digest: bytes, epoch: int, round_: int) -> ReportContext:
    """The three words that go with a report. The third is unused and always zero."""
    return digest, word(epoch_and_round(epoch, round_)), bytes(32)


def report_digest(report: bytes, context: ReportContext) -> bytes:
    """The 32 bytes a committer signs. The report goes in as its hash, so signing costs the same for any
    length.
    """
    return keccak(keccak(report) + b"".join(context))


# --- Risk monitors ---


def rmn_domain(chain_id: int, rmn: Address) -> bytes:
    """The EIP-712 domain separator of the RMN contract itself, not of its proxy."""
    return keccak(b"".join((_DOMAIN_TYPE, _RMN_NAME, _RMN_VERSION, word(chain_id), rmn.rjust(32, b"\0"))))


def blessing_tag(blessing: Blessing) -> bytes:
    """The struct hash of the statement: what votes are counted under, whatever the monitor set."""
    return keccak(
        b"".join(
            (
                _BLESSING_TYPE,
                blessing.commit_store.rjust(32, b"\0"),
                word(blessing.source_chain_selector),
                blessing.on_ramp.rjust(32, b"\0"),
                word(blessing.first),
                word(blessing.last),
                blessing.root,
                word(blessing.epoch),
            )
        )
    )


def bless_digest(domain: bytes, blessing: Blessing, config_version: int) -> bytes:
    """The 32 bytes a monitor's bless key signs, under one configuration of the monitor set."""
    return _typed_data(domain, keccak(_BLESS_VOTE_TYPE + blessing_tag(blessing) + word(config_version)))


def curse_digest(domain: bytes, vote: CurseVote, config_version: int) -> bytes:
    """The 32 bytes a monitor's curse key signs. A bytes16 stands at the left of its word."""
    vote_hash = keccak(
        b"".join(
            (
                _CURSE_VOTE_TYPE,
                vote.subject.ljust(32, b"\0"),
                word(vote.nonce),
                word(vote.valid_until),
                vote.evidence,
                word(config_version),
            )
        )
    )
    return _typed_data(domain, vote_hash)


def _typed_data(domain: bytes, struct_hash: bytes) -> bytes:
    """EIP-712's outermost layer. The first two bytes keep it from being a transaction or a signed text."""
    return keccak(b"\x19\x01" + domain + struct_hash)
