"""A delivery certificate: one message, and the signatures that let it be delivered, in one file.

It holds the message, the proof that it is a leaf of a root, the report by which a quorum of committers signed that
root, and the blessings by which a quorum of monitors confirmed it. `verify` (in `verify_certificate`) needs no chain
and trusts nobody who made the file: only the signer sets that the verifier pinned before.

It proves what was signed, not what a chain did with it: a delivery that was signed for may still wait, have failed,
or have been stopped by a curse. `execution` says what the chain said; check it against a chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from hexbytes import HexBytes

from ccip_py.errors import NotYet, Refused
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.codec.evm.calls import BLESS, TRANSMIT
from ccip_py.protocol.digests import blessing_tag
from ccip_py.protocol.ids import Address, ChainSelector, Root, SeqNr
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.merkle import Proof
from ccip_py.protocol.message import Message
from ccip_py.protocol.report import Interval
from ccip_py.sdk.book import Book
from ccip_py.sdk.evm import Function, as_address, read, read_many, succeeded
from ccip_py.sdk.execute import build_report
from ccip_py.sdk.flow import Call, Flow, ask
from ccip_py.sdk.logs import find_logs, topic
from ccip_py.sdk.track import Commitment, Trace

VOTED_TO_BLESS = keccak(b"VotedToBless(bytes32,bytes32,uint16)")
BLESS_VOTES = Function("blessVotes", ("bytes32",), ("uint16", "uint32", "bool"))
MONITORS = Function("getMonitors", (), ("uint32", "(address,address)[]", "uint8", "uint8"))
SIGNERS = Function("getSigners", (), ("address[]",))
QUORUM = Function("quorum", (), ("uint256",))
CONFIG = Function("latestConfigDetails", (), ("uint32", "uint32", "bytes32"))
TRANSMIT_TYPES = ("bytes32[3]", "bytes", "bytes32[]", "bytes32[]", "bytes32")
BLESS_TYPES = ("(address,uint64,address,uint64,uint64,bytes32,uint64)", "(bytes32,bytes32)[]")


@dataclass(frozen=True, slots=True)
class SignedCommit:
    """The report as it was signed, with its context and the 65-byte signatures that went with it."""

    report: bytes
    context: tuple[bytes, bytes, bytes]
    signatures: tuple[bytes, ...]
    transaction: bytes


@dataclass(frozen=True, slots=True)
class SignedBlessing:
    """The statement's epoch, the configuration it was signed under, and the compact signatures (r, vs)."""

    epoch: int
    config_version: int
    signatures: tuple[tuple[bytes, bytes], ...]
    transactions: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Execution:
    """What the destination said of it, for looking up."""

    stage: Stage
    transaction: bytes
    block: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """Everything there is to verify. Nothing in it is to be believed before."""

    lane: Lane
    message: Message
    proof: Proof
    root: Root
    interval: Interval
    commit: SignedCommit
    blessing: SignedBlessing
    execution: Execution | None

    @property
    def statement(self) -> Blessing:
        """What the monitors signed, if they signed for this certificate."""
        lane = self.lane
        first, last = self.interval.first, self.interval.last
        return Blessing(
            lane.commit_store, lane.source, lane.on_ramp, first, last, self.root, self.blessing.epoch
        )


@dataclass(frozen=True, slots=True)
class Pins:
    """The signer sets of one lane, as somebody saw them at a time they trust. To be kept apart from certificates."""

    lane: Lane
    destination_chain_id: int
    config_digest: bytes
    committers: tuple[Address, ...]
    quorum: int
    rmn: Address
    rmn_config_version: int
    bless_keys: tuple[Address, ...]
    bless_threshold: int


def pins_of(book: Book, lane: Lane) -> Flow[Pins]:
    """The lane's signer sets as its destination has them now."""
    rmn = _must_see_blessings(book, lane)
    (_, _, digest), (signers,), (quorum,), (version, monitors, threshold, _) = yield from read_many(
        lane.destination,
        [
            (lane.commit_store, CONFIG, ()),
            (lane.commit_store, SIGNERS, ()),
            (lane.commit_store, QUORUM, ()),
            (rmn, MONITORS, ()),
        ],
    )
    return Pins(
        lane=lane,
        destination_chain_id=book.chain(lane.destination).chain_id,
        config_digest=digest,
        committers=tuple(map(as_address, signers)),
        quorum=quorum,
        rmn=rmn,
        rmn_config_version=version,
        bless_keys=tuple(as_address(bless) for bless, _ in monitors),
        bless_threshold=threshold,
    )


def collect(book: Book, trace: Trace) -> Flow[Certificate]:
    """Gather a certificate from the chains; NotYet while the message is not blessed."""
    lane = trace.sent.lane
    rmn = _must_see_blessings(book, lane)
    if trace.commitment is None or trace.blessed is None:
        raise NotYet(
            f"the message is {trace.stage.name}: there is a certificate once it is BLESSED",
            code="NO_CERTIFICATE",
            hint="`ccip show --wait` waits for it",
        )
    report = yield from build_report(trace.sent, trace.commitment)
    attempt = trace.attempt
    return Certificate(
        lane=lane,
        message=trace.sent.message,
        proof=Proof(report.proofs, report.proof_flag_bits),
        root=trace.commitment.root,
        interval=trace.commitment.interval,
        commit=(yield from _commit(lane, trace.commitment)),
        blessing=(yield from _blessing(lane, rmn, trace.commitment, trace.blessed.block)),
        execution=Execution(attempt.stage, bytes(attempt.transaction), attempt.block) if attempt else None,
    )


def _must_see_blessings(book: Book, lane: Lane) -> Address:
    rmn = book.rmn(lane.destination)
    if rmn is None:
        raise Refused(
            "blessings of this lane cannot be read here",
            code="NO_BLESSINGS",
            context={"why": "; ".join(book.facts(lane).blind)},
            hint="certificates need this project's RMN on the destination",
        )
    return rmn


def _input(
    chain: ChainSelector, transaction: HexBytes, to: Address, selector: bytes, what: str
) -> Flow[bytes]:
    """The arguments of a call, as they stand in its transaction."""
    (found,) = yield from ask(chain, Call("eth_getTransactionByHash", (transaction.to_0x_hex(),)))
    fields: Mapping[str, Any] = succeeded(found) or {}
    data = bytes(HexBytes(fields.get("input", "0x")))
    if not fields.get("to") or as_address(fields["to"]) != to or data[:4] != selector:
        raise Refused(
            f"the {what} was not called directly, so its signatures cannot be read from the transaction",
            context={"transaction": bytes(transaction)},
        )
    return data[4:]


def _commit(lane: Lane, commitment: Commitment) -> Flow[SignedCommit]:
    at = commitment.stage.transaction
    data = yield from _input(lane.destination, at, lane.commit_store, TRANSMIT, "commit store")
    context, report, rs, ss, vs = decode(TRANSMIT_TYPES, data)
    signatures = tuple(r + s + bytes([v]) for r, s, v in zip(rs, ss, vs, strict=False))
    return SignedCommit(report, tuple(context), signatures, bytes(at))


def _blessing(lane: Lane, rmn: Address, commitment: Commitment, block: int) -> Flow[SignedBlessing]:
    wanted = [
        topic(codec.ROOT_BLESSED),
        None,
        topic(codec.address_to_word(lane.commit_store)),
        topic(commitment.root),
    ]
    (*_, blessed) = yield from find_logs(lane.destination, rmn, wanted, block, block)
    _, _, epoch = decode(("uint64", "uint64", "uint64"), blessed.data)
    first, last = commitment.interval.first, commitment.interval.last
    statement = Blessing(
        lane.commit_store, lane.source, lane.on_ramp, SeqNr(first), SeqNr(last), commitment.root, epoch
    )
    tag = blessing_tag(statement)
    either = [topic(VOTED_TO_BLESS), topic(codec.ROOT_BLESSED)]  # the last votes emit only the second
    votes = yield from find_logs(lane.destination, rmn, [either, topic(tag)], commitment.stage.block, block)
    transactions = tuple(dict.fromkeys(bytes(log.transaction) for log in votes))
    signatures: list[tuple[bytes, bytes]] = []
    for at in transactions:
        data = yield from _input(lane.destination, HexBytes(at), rmn, BLESS, "RMN")
        try:
            _, given = decode(BLESS_TYPES, data)
        except DecodingError:
            raise Refused("a blessing's transaction cannot be read", context={"transaction": at}) from None
        signatures += [(r, vs) for r, vs in given if (r, vs) not in signatures]
    _, version, _ = yield from read(lane.destination, rmn, BLESS_VOTES, tag)
    return SignedBlessing(epoch, version, tuple(signatures), transactions)
