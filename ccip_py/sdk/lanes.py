"""What a lane is like now: its contracts, whether it is stopped, and what a message may carry."""

from __future__ import annotations

from typing import Any

from hexbytes import HexBytes

from ccip_py.protocol.blessing import GLOBAL_CURSE, curse_subject
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.sdk.book import Book, KnownLane
from ccip_py.sdk.evm import Function, as_address, call_request, read, read_many, succeeded
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
    """Read both ends of a lane: two requests to each chain."""
    lane = known.lane
    here, there = book.router(lane.source), book.router(lane.destination)
    is_read = any(lane.off_ramp)  # else its ramps are of another generation
    on_ramp = (NEXT_SENT, ON_RAMP_SETTINGS, ON_RAMP_FACTS) if is_read else ()
    (proxy,), (current,), *rest = yield from read_many(
        lane.source,
        [
            (here, GET_ARM_PROXY, ()),
            (here, GET_ON_RAMP, (lane.destination,)),
            *((lane.on_ramp, function, ()) for function in on_ramp),
        ],
    )
    committed, paused, remote_proxy = yield from _commit_side(known, there)
    return LaneStatus(
        source=book.name(lane.source),
        destination=book.name(lane.destination),
        source_selector=lane.source,
        destination_selector=lane.destination,
        on_ramp=checksum(lane.on_ramp),
        commit_store=checksum(lane.commit_store),
        off_ramp=checksum(lane.off_ramp),
        in_use=as_address(current) == lane.on_ramp,
        cursed_on_source=(yield from _curses(lane.source, as_address(proxy), lane.destination)),
        cursed_on_destination=(yield from _curses(lane.destination, remote_proxy, lane.source)),
        paused=paused,
        sent=rest[0][0] - 1 if rest else None,
        committed=None if committed is None else committed - 1,
        limits=_limits(rest[1], rest[2]) if rest else None,
        blind=known.blind,
    )


def _commit_side(known: KnownLane, router: Address) -> Flow[tuple[int | None, bool | None, Address]]:
    """The next number to commit and whether the commit store is paused, None if it does not say; and the RMN's proxy."""
    asked = [(router, GET_ARM_PROXY)]
    if any(known.lane.commit_store):
        asked += [(known.lane.commit_store, function) for function in (NEXT_SENT, PAUSED)]
    answers = yield from ask(
        known.lane.destination, *(call_request(to, function.calldata()) for to, function in asked)
    )
    proxy = as_address(HexBytes(succeeded(answers[0]))[-20:])
    if len(answers) == 1 or any(isinstance(answer, Failure) for answer in answers):
        return None, None, proxy
    return int(answers[1], 16), bool(int(answers[2], 16)), proxy


def is_cursed(chain: ChainSelector, router: Address, remote: ChainSelector) -> Flow[bool]:
    """Whether messages between the two chains are stopped on `chain`. An RMN that does not answer counts as cursed."""
    (proxy,) = yield from read(chain, router, GET_ARM_PROXY)
    return (yield from _curses(chain, as_address(proxy), remote))


def _curses(chain: ChainSelector, proxy: Address, remote: ChainSelector) -> Flow[bool]:
    subjects = curse_subject(remote), GLOBAL_CURSE
    answers = yield from ask(
        chain, *(call_request(proxy, IS_CURSED.calldata(subject)) for subject in subjects)
    )
    return any(isinstance(answer, Failure) or int(answer or "0x1", 16) != 0 for answer in answers)


def message_limits(known: KnownLane) -> Flow[MessageLimits]:
    """What the OnRamp lets a message carry, in the contract's own numbers."""
    lane = known.lane
    settings, facts = yield from read_many(
        lane.source, [(lane.on_ramp, ON_RAMP_SETTINGS, ()), (lane.on_ramp, ON_RAMP_FACTS, ())]
    )
    return _limits(settings, facts)


def _limits(settings: tuple[Any, ...], facts: tuple[Any, ...]) -> MessageLimits:
    return MessageLimits(
        tokens=settings[1],
        data_bytes=settings[8],
        gas_limit=settings[9],
        default_gas_limit=facts[3],
        must_be_out_of_order=settings[12],
    )
