"""What a lane is like now: its contracts, whether it is stopped, and what a message may carry."""

from __future__ import annotations

from ccip_py.protocol.blessing import GLOBAL_CURSE, curse_subject
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.sdk.book import Book, KnownLane
from ccip_py.sdk.evm import Function, as_address, call_request, read, read_many
from ccip_py.sdk.flow import Failure, Flow, ask
from ccip_py.sdk.types import LaneStatus, MessageLimits

GET_ON_RAMP = Function("getOnRamp", ("uint64",), ("address",))
IS_OFF_RAMP = Function("isOffRamp", ("uint64", "address"), ("bool",))
GET_ARM_PROXY = Function("getArmProxy", (), ("address",))
IS_CURSED = Function("isCursed", ("bytes16",), ("bool",))
PAUSED = Function("paused", (), ("bool",))
NEXT_SENT = Function("getExpectedNextSequenceNumber", (), ("uint64",))
ON_RAMP_FACTS = Function(
    "getStaticConfig",
    (),
    # linkToken, chainSelector, destChainSelector, defaultTxGasLimit, maxNopFeesJuels, prevOnRamp, rmnProxy, registry
    ("address", "uint64", "uint64", "uint64", "uint96", "address", "address", "address"),
)
ON_RAMP_SETTINGS = Function(
    "getDynamicConfig",
    (),
    (
        "address",  # router
        "uint16",  # maxNumberOfTokensPerMsg
        "uint32",
        "uint16",
        "uint32",
        "uint16",
        "uint16",
        "address",  # priceRegistry
        "uint32",  # maxDataBytes
        "uint32",  # maxPerMsgGasLimit
        "uint16",
        "uint32",
        "bool",  # enforceOutOfOrder
    ),
)


def status(book: Book, known: KnownLane) -> Flow[LaneStatus]:
    """Read both ends of a lane."""
    lane = known.lane
    source_cursed = yield from is_cursed(lane.source, book.router(lane.source), lane.destination)
    there = yield from is_cursed(lane.destination, book.router(lane.destination), lane.source)
    (current,) = yield from read(lane.source, book.router(lane.source), GET_ON_RAMP, lane.destination)
    sent, limits = None, None
    if any(lane.off_ramp):  # else its ramps are of another generation
        (sent,) = yield from read(lane.source, lane.on_ramp, NEXT_SENT)
        limits = yield from message_limits(known)
    (committed, paused) = yield from _commit_side(known)
    return LaneStatus(
        source=book.name(lane.source),
        destination=book.name(lane.destination),
        source_selector=lane.source,
        destination_selector=lane.destination,
        on_ramp=checksum(lane.on_ramp),
        commit_store=checksum(lane.commit_store),
        off_ramp=checksum(lane.off_ramp),
        in_use=as_address(current) == lane.on_ramp,
        cursed_on_source=source_cursed,
        cursed_on_destination=there,
        paused=paused,
        sent=None if sent is None else sent - 1,
        committed=None if committed is None else committed - 1,
        limits=limits,
        blind=known.blind,
    )


def _commit_side(known: KnownLane) -> Flow[tuple[int | None, bool | None]]:
    if any(known.lane.commit_store):
        questions = [call_request(known.lane.commit_store, f.calldata()) for f in (NEXT_SENT, PAUSED)]
        expected, paused = yield from ask(known.lane.destination, *questions)
        if not isinstance(expected, Failure) and not isinstance(paused, Failure):
            return int(expected, 16), bool(int(paused, 16))
    return None, None


def is_cursed(chain: ChainSelector, router: Address, remote: ChainSelector) -> Flow[bool]:
    """Whether messages between the two chains are stopped on `chain`. An RMN that does not answer counts as cursed."""
    (proxy,) = yield from read(chain, router, GET_ARM_PROXY)
    subjects = curse_subject(remote), GLOBAL_CURSE
    answers = yield from ask(
        chain, *(call_request(as_address(proxy), IS_CURSED.calldata(subject)) for subject in subjects)
    )
    return any(isinstance(answer, Failure) or int(answer or "0x1", 16) != 0 for answer in answers)


def message_limits(known: KnownLane) -> Flow[MessageLimits]:
    """What the OnRamp lets a message carry, in the contract's own numbers."""
    lane = known.lane
    values, facts = yield from read_many(
        lane.source, [(lane.on_ramp, ON_RAMP_SETTINGS, ()), (lane.on_ramp, ON_RAMP_FACTS, ())]
    )
    return MessageLimits(
        tokens=values[1],
        data_bytes=values[8],
        gas_limit=values[9],
        default_gas_limit=facts[3],
        must_be_out_of_order=values[12],
    )
