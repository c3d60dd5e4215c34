"""What keys signed, and whether they signed two things where only one may be (AN9). Pure.

A signature proves itself: it counts whoever serves it, final or not, as long as it is that of a key
in office. Committers sign at most one report per (config digest, epoch, round), monitors one root per
(lane, first, last, epoch). Two signed statements under one such heading are the proof.

Calldata of `CommitStore.transmit` and `RMN.bless` is read here by word positions, as logs are in
`evm.py`. Anything that doesn't fit is no proof of anything, and yields nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ccip_py.risk.evm import Undecodable, word
from ccip_py.risk.judge import Alert, Bless, Curse, Evidence, Verdict
from ccip_py.risk.keccak import keccak
from ccip_py.risk.keys import signer_of
from ccip_py.risk.vote import Blessing, Domain, Vote

TRANSMIT = keccak(b"transmit(bytes32[3],bytes,bytes32[],bytes32[],bytes32)")[:4]
BLESS = keccak(b"bless((address,uint64,address,uint64,uint64,bytes32,uint64),(bytes32,bytes32)[])")[:4]
_MAX_SIGNATURES = 31
_LOW_HALF = (1 << 255) - 1


@dataclass(frozen=True, slots=True)
class Signed:
    """One key's word on one heading. `heading` says what there may be only one `statement` for."""

    signer: bytes
    heading: str
    statement: bytes  # hash of what was said
    proof: str  # digest and signature, in hex: anybody can recover the key from it


@dataclass(frozen=True, slots=True)
class Conflict:
    """A key that said two things under one heading."""

    signer: bytes
    heading: str
    proofs: tuple[str, ...]  # one per statement


# READING


def read_transmit(data: bytes, chain_id: int, commit_store: bytes) -> list[Signed]:
    """The signatures on one report.

    Words 0 to 2 are the context: config digest; epoch and round; a word for extensions. The first two of these are what a
    committer may sign one report for. Words 3 to 5 say where the report, the rs and the ss are, and word 6 holds a parity
    per signature, from its left end. What is signed is hash(hash(report), context).
    """
    if data[:4] != TRANSMIT:
        return []
    body = data[4:]
    try:
        context = body[:96]
        report = _bytes(body, word(body, 96))
        rs, ss = (_words(body, word(body, at)) for at in (128, 160))
        parities = word(body, 192).to_bytes(32, "big")
    except Undecodable:
        return []
    heading = f"commit/{chain_id}/{commit_store.hex()}/{context[:64].hex()}"
    digest = keccak(keccak(report) + context)
    found = []
    for r, s, parity in zip(rs, ss, parities, strict=False):
        found += _signed(heading, digest, keccak(report), r, s, parity)
    return found


def read_bless(data: bytes, domain: Domain, config_version: int) -> list[Signed]:
    """The votes that one call of `bless` carried: seven words of statement, then pairs of words."""
    if data[:4] != BLESS:
        return []
    body = data[4:]
    try:
        at = word(body, 7 * 32)
        count = word(body, at)
        pairs = [
            (word(body, at + 32 + 64 * n), word(body, at + 64 + 64 * n))
            for n in range(min(count, _MAX_SIGNATURES))
        ]
        statement = Blessing(
            _tail(body, 0, 20),
            word(body, 32),
            _tail(body, 64, 20),
            word(body, 96),
            word(body, 128),
            _tail(body, 160, 32),
            word(body, 192),
        )
    except Undecodable:
        return []
    votes = [Vote(statement, config_version, domain, r, vs & _LOW_HALF, vs >> 255) for r, vs in pairs]
    return [one for vote in votes for one in of_vote(vote)]


def of_vote(vote: Vote) -> list[Signed]:
    """A monitor's blessing, wherever it came from; nothing for curse votes, which may be renewed."""
    said = vote.statement
    if not isinstance(said, Blessing) or (signer := vote.signer) is None:
        return []
    heading = "/".join(
        (
            f"bless/{vote.domain.chain_id}/{vote.domain.rmn.hex()}/{said.commit_store.hex()}/{said.source}",
            f"{said.on_ramp.hex()}/{said.first}/{said.last}/{said.epoch}",
        )
    )
    proof = f"{vote.r:064x}{vote.s:064x}{vote.parity:02x}"
    return [Signed(signer, heading, said.root, f"{said.root.hex()}:{vote.config_version}:{proof}")]


def _signed(heading: str, digest: bytes, statement: bytes, r: int, s: int, parity: int) -> list[Signed]:
    signer = signer_of(digest, r, s, parity)
    if signer is None:
        return []
    return [Signed(signer, heading, statement, f"{digest.hex()}:{r:064x}{s:064x}{parity:02x}")]


def _bytes(data: bytes, at: int) -> bytes:
    length = word(data, at)
    if length > len(data) - at - 32:
        raise Undecodable(f"{length} bytes at {at} run past the end")
    return data[at + 32 : at + 32 + length]


def _words(data: bytes, at: int) -> list[int]:
    return [word(data, at + 32 + 32 * n) for n in range(min(word(data, at), _MAX_SIGNATURES))]


def _tail(data: bytes, at: int, size: int) -> bytes:
    return word(data, at).to_bytes(32, "big")[32 - size :]


# JUDGING: AN9


@dataclass(frozen=True, slots=True)
class Office:
    """Those who may sign under some headings, and how many liars among them the protocol bears."""

    headings: str  # what their headings begin with
    members: frozenset[bytes]
    faults: int
    source: int
    destination: int


def judge_conflicts(office: Office, conflicts: Sequence[Conflict]) -> Verdict:
    """Alert about each key that contradicted itself; curse once there are more of them than the
    protocol can bear. Keys that are no longer in office are no danger any more."""
    guilty = {one.signer: one for one in conflicts if one.signer in office.members}
    if not guilty:
        return Bless(0)
    shown: Mapping[str, object] = {
        "source": str(office.source),
        "destination": str(office.destination),
        "inOffice": sorted(key.hex() for key in guilty),
        "conflicts": [
            {"key": one.signer.hex(), "heading": one.heading, "proofs": list(one.proofs)}
            for one in sorted(conflicts, key=lambda one: (one.heading, one.signer))
        ],
    }
    too_many = len(guilty) > office.faults
    keys = "keys" if len(guilty) != 1 else "key"
    evidence = Evidence(
        "AN9",
        office.source,
        (office.destination, office.source),
        f"{len(guilty)} {keys} in office signed two different things under {office.headings}",
        shown,
    )
    return Curse(evidence) if too_many else Alert(evidence)
