"""Find a network from its Routers alone: their public ABI leads to ramps, commit stores and token registries.

Nothing but what the chains answer is believed, and nothing of ours is needed: any lane of CCIP 1.5 works, and on those
of 1.6 quoting and sending. What can't be seen of a lane is written into it (`KnownLane.blind`), so that nobody waits for
what will not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError
from hexbytes import HexBytes

from ccip_py.errors import BadInput, CcipError
from ccip_py.protocol.ids import NO_ADDRESS, Address, ChainSelector
from ccip_py.protocol.lane import Lane
from ccip_py.protocol.selectors import selector_of
from ccip_py.sdk.book import Book, KnownChain, KnownLane
from ccip_py.sdk.evm import Function, as_address, call_request, read, succeeded
from ccip_py.sdk.flow import Call, Failure, Flow, ask
from ccip_py.sdk.lanes import GET_ARM_PROXY, GET_ON_RAMP, ON_RAMP_FACTS
from ccip_py.sdk.send import WRAPPED_NATIVE
from ccip_py.sdk.tokens import ALL_TOKENS, PAGE, SYMBOL, VERSION

OFF_RAMPS = Function("getOffRamps", (), ("(uint64,address)[]",))
GET_ARM = Function("getARM", (), ("address",))
EPOCH_OF = Function("epochOf", ("uint64",), ("uint64",))
OFF_RAMP_FACTS = Function(
    "getStaticConfig", (), ("address", "uint64", "uint64", "address", "address", "address", "address")
)
READABLE = (" 1.5.",)  # the generation whose ramps are read here, ours included

OTHER_GENERATION = "messages: {what} is {version}, and only ramps of 1.5 are read here; get_fee and send work"
FOREIGN_RMN = "blessings: what blesses on {chain} is not this project's RMN; execution is seen all the same"


@dataclass(frozen=True, slots=True)
class _Place:
    """One Router, and what it says. `key` is what the driver calls the chain while its selector is unknown."""

    key: ChainSelector
    name: str
    chain_id: int
    router: Address
    wrapped_native: Address
    off_ramps: tuple[tuple[int, Address], ...]
    selector: ChainSelector


@dataclass(frozen=True, slots=True)
class _Shared:
    """What a chain's ramps say of the contracts they share."""

    registry: Address | None = None
    link: Address | None = None


def discover(routers: Mapping[str, str]) -> Flow[Book]:
    """The book of the chains with these Routers. The driver knows the chains by their place in the mapping."""
    places = []
    for key, (name, router) in enumerate(routers.items()):
        places.append((yield from _place(ChainSelector(key), name, as_address(router))))
    lanes: list[KnownLane] = []
    shared: dict[str, _Shared] = {}
    for source in places:
        for destination in places:
            if source is not destination:
                lanes += yield from _lane(source, destination, shared)
    chains = []
    for place in places:
        chains.append((yield from _chain(place, shared.get(place.name, _Shared()))))
    return Book(tuple(chains), tuple(lanes))


def _place(key: ChainSelector, name: str, router: Address) -> Flow[_Place]:
    (chain_id,) = yield from ask(key, Call("eth_chainId"))
    (native,) = yield from read(key, router, WRAPPED_NATIVE)
    (ramps,) = yield from read(key, router, OFF_RAMPS)
    found = tuple((selector, as_address(ramp)) for selector, ramp in ramps)
    number = int(succeeded(chain_id), 16)
    selector = yield from _own_selector(key, number, found)
    return _Place(key, name, number, router, as_address(native), found, selector)


def _own_selector(
    key: ChainSelector, chain_id: int, off_ramps: tuple[tuple[int, Address], ...]
) -> Flow[ChainSelector]:
    """From the first OffRamp that says it; else from the table of known chains."""
    for _, ramp in off_ramps:
        version = yield from _ask_for(key, ramp, VERSION)
        if version is not None and _is_read(version[0]):
            facts = yield from read(key, ramp, OFF_RAMP_FACTS)
            return ChainSelector(facts[1])
    return selector_of(chain_id)


def _lane(source: _Place, destination: _Place, shared: dict[str, _Shared]) -> Flow[list[KnownLane]]:
    (ramp,) = yield from read(source.key, source.router, GET_ON_RAMP, destination.selector)
    on_ramp = as_address(ramp)
    if on_ramp == NO_ADDRESS:
        return []
    version = yield from _ask_for(source.key, on_ramp, VERSION)
    if version is None or not _is_read(version[0]):
        return [_unread(source, destination, on_ramp, "the OnRamp", version)]
    facts = yield from read(source.key, on_ramp, ON_RAMP_FACTS)
    shared[source.name] = _Shared(as_address(facts[7]), as_address(facts[0]))
    for selector, off_ramp in destination.off_ramps:
        if selector != source.selector:
            continue
        facts = yield from _ask_for(destination.key, off_ramp, OFF_RAMP_FACTS)
        if facts is None or as_address(facts[3]) != on_ramp:
            continue
        shared.setdefault(destination.name, _Shared(as_address(facts[6])))
        lane = Lane(source.selector, destination.selector, on_ramp, as_address(facts[0]), off_ramp)
        rmn = yield from _our_rmn(destination)
        blind = () if rmn is not None else (FOREIGN_RMN.format(chain=destination.name),)
        return [KnownLane(lane, blind=blind)]
    return [_unread(source, destination, on_ramp, f"the OffRamp on {destination.name}", None)]


def _unread(source: _Place, destination: _Place, on_ramp: Address, what: str, version: Any) -> KnownLane:
    lane = Lane(source.selector, destination.selector, on_ramp, NO_ADDRESS, NO_ADDRESS)
    said = "of another generation" if version is None else version[0]
    return KnownLane(lane, blind=(OTHER_GENERATION.format(what=what, version=said),))


def _our_rmn(place: _Place) -> Flow[Address | None]:
    """The RMN behind the Router's proxy, if it is one whose blessings can be read: it has epochs."""
    try:
        (proxy,) = yield from read(place.key, place.router, GET_ARM_PROXY)
        (rmn,) = yield from read(place.key, as_address(proxy), GET_ARM)
    except CcipError:
        return None
    known = yield from _ask_for(place.key, as_address(rmn), EPOCH_OF, place.selector)
    return None if known is None else as_address(rmn)


def _chain(place: _Place, shared: _Shared) -> Flow[KnownChain]:
    symbols: dict[str, Address] = {} if shared.link is None else {"LINK": shared.link}
    if shared.registry is not None:
        listed = (yield from _ask_for(place.key, shared.registry, ALL_TOKENS, 0, PAGE)) or ((),)
        for token in map(as_address, listed[0]):
            symbol = yield from _ask_for(place.key, token, SYMBOL)
            if symbol is not None:
                symbols.setdefault(symbol[0].upper(), token)
    rmn = yield from _our_rmn(place)
    return KnownChain(
        place.name,
        place.chain_id,
        place.selector,
        place.router,
        rmn,
        shared.registry,
        place.wrapped_native,
        symbols,
    )


def _ask_for(chain: ChainSelector, to: Address, function: Function, *arguments: Any) -> Flow[Any]:
    """A view's values, or None from a contract that has no such view."""
    (answer,) = yield from ask(chain, call_request(to, function.calldata(*arguments)))
    if isinstance(answer, Failure) or answer == "0x":
        return None
    try:
        return function.result(bytes(HexBytes(answer)))
    except (DecodingError, ValueError, OverflowError):  # whatever a stranger's bytes make the decoder say
        return None


def _is_read(version: str) -> bool:
    return any(generation in version for generation in READABLE)


def must_be_read(known: KnownLane) -> None:
    """BadInput for a lane of another generation, by whatever reads more than its Router and what it sent."""
    if known.lane.off_ramp == NO_ADDRESS:
        raise BadInput(
            "this lane's messages cannot be followed from here",
            code="UNSUPPORTED_LANE",
            context={"why": "; ".join(known.blind)},
            hint="get_fee and send of the Python client work on it; all else needs ramps of CCIP 1.5",
        )
