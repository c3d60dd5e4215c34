"""What a monitor says, as typed data, and who said it.

Two statements exist: a blessing of one root and a curse vote on one subject (contracts/interfaces/
IRMN.sol). Both are EIP-712 typed data in the domain of one RMN on one chain, so that no vote can be
replayed on another.

Signing takes a `Permit`, and only the journal hands those out, after it has written down what is
about to be signed. Signing first and remembering later is therefore not a mistake that can be made.
"""

from dataclasses import dataclass
from typing import Any

from ccip_py.risk.keccak import keccak
from ccip_py.risk.keys import Key, signer_of

# Stops everything on a chain, whatever the remote chain.
GLOBAL_SUBJECT = bytes.fromhex("01000000000000000000000000000001")

_DOMAIN_TYPE = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_BLESSING = (
    b"Blessing(address commitStore,uint64 sourceChainSelector,address onRamp,"
    b"uint64 first,uint64 last,bytes32 root,uint64 epoch)"
)
_BLESSING_TYPE = keccak(_BLESSING)
# A type that contains another is described together with it.
_BLESS_VOTE_TYPE = keccak(b"BlessVote(Blessing blessing,uint32 configVersion)" + _BLESSING)
_CURSE_VOTE_TYPE = keccak(
    b"CurseVote(bytes16 subject,uint64 nonce,uint64 validUntil,bytes32 evidence,uint32 configVersion)"
)


@dataclass(frozen=True, slots=True)
class Domain:
    """The RMN that a vote is for: it counts there and nowhere else."""

    chain_id: int
    rmn: bytes


@dataclass(frozen=True, slots=True)
class Blessing:
    """ "This root is exactly the messages first to last of this lane." Fields as in IRMN.Blessing."""

    commit_store: bytes
    source: int
    on_ramp: bytes
    first: int
    last: int
    root: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class Curse:
    """ "Stop everything between here and the subject." Fields as in IRMN.CurseVote."""

    subject: bytes
    nonce: int
    valid_until: int  # seconds of chain time
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Permit:
    """Proof that the statement is on disk. Only `store.Journal` makes one."""

    digest: bytes
    statement: Blessing | Curse
    config_version: int
    domain: Domain


@dataclass(frozen=True, slots=True)
class Vote:
    """A signed statement, whoever signed it."""

    statement: Blessing | Curse
    config_version: int
    domain: Domain
    r: int
    s: int
    parity: int

    @property
    def signer(self) -> bytes | None:
        """Whose vote this is; None if the signature is nobody's."""
        return signer_of(
            digest(self.statement, self.config_version, self.domain), self.r, self.s, self.parity
        )

    @property
    def compact(self) -> bytes:
        """IRMN.Signature: r, then s with the parity in its highest bit (EIP-2098)."""
        return self.r.to_bytes(32, "big") + (self.parity << 255 | self.s).to_bytes(32, "big")


def subject_of(selector: int) -> bytes:
    """The curse subject that stands for a remote chain."""
    return selector.to_bytes(16, "big")


def sign(permit: Permit, key: Key) -> Vote:
    r, s, parity = key.sign(permit.digest)
    return Vote(permit.statement, permit.config_version, permit.domain, r, s, parity)


# DIGESTS
#
#   signed  = hash(0x1901, domain, body)
#   domain  = hash(type, hash("RMN"), hash("1"), chain id, RMN)
#   body    = hash(type, tag, version)                                              of a blessing
#           = hash(type, subject, nonce, valid until, evidence, version)            of a curse vote
#   tag     = hash(type, commit store, source, on-ramp, first, last, root, epoch)
#
# The tag holds no version: what is counted under it survives a change of monitors, who then vote for it again.


def digest(statement: Blessing | Curse, config_version: int, domain: Domain) -> bytes:
    """What is signed: 0x1901, the domain, the typed data."""
    version = config_version.to_bytes(32, "big")
    if isinstance(statement, Blessing):
        body = keccak(_BLESS_VOTE_TYPE + tag(statement) + version)
    else:
        body = keccak(_CURSE_VOTE_TYPE + encode_curse(statement) + version)
    return keccak(b"\x19\x01" + _domain_separator(domain) + body)


def tag(blessing: Blessing) -> bytes:
    """The key that votes for one statement are counted under. Holds no config version."""
    return keccak(_BLESSING_TYPE + encode_blessing(blessing))


def encode_blessing(blessing: Blessing) -> bytes:
    """Seven words, in the order of the struct: both its ABI encoding and what its hash covers."""
    return (
        bytes(12)
        + blessing.commit_store
        + blessing.source.to_bytes(32, "big")
        + bytes(12)
        + blessing.on_ramp
        + blessing.first.to_bytes(32, "big")
        + blessing.last.to_bytes(32, "big")
        + blessing.root
        + blessing.epoch.to_bytes(32, "big")
    )


def encode_curse(curse: Curse) -> bytes:
    """Four words. A bytes16 sits at the left end of its word."""
    return (
        curse.subject
        + bytes(16)
        + curse.nonce.to_bytes(32, "big")
        + curse.valid_until.to_bytes(32, "big")
        + curse.evidence
    )


def _domain_separator(domain: Domain) -> bytes:
    """Of EIP-712: name and version are the RMN's, chain and address make a vote worthless anywhere else."""
    return keccak(
        _DOMAIN_TYPE
        + keccak(b"RMN")
        + keccak(b"1")
        + domain.chain_id.to_bytes(32, "big")
        + bytes(12)
        + domain.rmn
    )


# JSON, FOR PEERS. Integers are strings: JSON numbers lose digits beyond 2**53.


def to_json(vote: Vote) -> dict[str, Any]:
    """All fields and the signature, for GET /votes."""
    statement = vote.statement
    shared = {
        "configVersion": vote.config_version,
        "chainId": str(vote.domain.chain_id),
        "rmn": _hex(vote.domain.rmn),
        "r": _hex(vote.r.to_bytes(32, "big")),
        "vs": _hex(vote.compact[32:]),
    }
    if isinstance(statement, Curse):
        return {
            "kind": "curse",
            "subject": _hex(statement.subject),
            "nonce": str(statement.nonce),
            "validUntil": str(statement.valid_until),
            "evidence": _hex(statement.evidence),
            **shared,
        }
    return {
        "kind": "bless",
        "commitStore": _hex(statement.commit_store),
        "sourceChainSelector": str(statement.source),
        "onRamp": _hex(statement.on_ramp),
        "first": str(statement.first),
        "last": str(statement.last),
        "root": _hex(statement.root),
        "epoch": str(statement.epoch),
        "tag": _hex(tag(statement)),
        **shared,
    }


def from_json(raw: Any) -> Vote:
    """A peer's vote. Raises ValueError on anything odd; the signature is checked by who uses it."""
    try:
        vs = int(raw["vs"], 16)
        return Vote(
            _statement(raw),
            _small(raw["configVersion"], 32),
            Domain(_small(raw["chainId"], 256), _raw(raw["rmn"], 20)),
            int.from_bytes(_raw(raw["r"], 32), "big"),
            vs & (1 << 255) - 1,
            vs >> 255,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a vote: {error!r}") from error


def _statement(raw: Any) -> Blessing | Curse:
    if raw["kind"] == "curse":
        return Curse(
            _raw(raw["subject"], 16),
            _small(raw["nonce"], 64),
            _small(raw["validUntil"], 64),
            _raw(raw["evidence"], 32),
        )
    if raw["kind"] != "bless":
        raise ValueError(f"unknown kind of vote {raw['kind']!r:.40}")
    return Blessing(
        _raw(raw["commitStore"], 20),
        _small(raw["sourceChainSelector"], 64),
        _raw(raw["onRamp"], 20),
        _small(raw["first"], 64),
        _small(raw["last"], 64),
        _raw(raw["root"], 32),
        _small(raw["epoch"], 64),
    )


def _small(value: Any, bits: int) -> int:
    number = int(value)
    if number < 0 or number >> bits:
        raise ValueError(f"{number} doesn't fit {bits} bits")
    return number


def _raw(value: Any, size: int) -> bytes:
    raw = bytes.fromhex(value.removeprefix("0x"))
    if len(raw) != size:
        raise ValueError(f"{len(raw)} bytes where {size} belong")
    return raw


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
