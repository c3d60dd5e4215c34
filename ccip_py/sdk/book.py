"""Who is where: the names and selectors that callers use, resolved to chains, lanes and contracts.

A book is made from a `deployment.json`, or by asking Routers (`discover`); the second knows less, and each lane says
what of it cannot be seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ccip_py.chains.deployment import ChainDeployment, Deployment
from ccip_py.errors import BadInput, UnknownLane
from ccip_py.protocol.codec.evm import checksum, parse_address
from ccip_py.protocol.ids import NO_ADDRESS, Address, ChainSelector
from ccip_py.protocol.lane import Lane
from ccip_py.sdk.amounts import whole_tokens

ChainRef: TypeAlias = str | int  # a chain's name, or its selector


@dataclass(frozen=True, slots=True)
class KnownChain:
    """One chain, as far as it is known."""

    name: str
    chain_id: int
    selector: ChainSelector
    router: Address
    rmn: Address | None  # None: what blesses there is not read here
    registry: Address | None  # of tokens and their pools
    wrapped_native: Address
    symbols: Mapping[str, Address] = field(default_factory=dict)  # LINK among them; upper case
    decimals: Mapping[Address, int] = field(default_factory=dict)  # of tokens, as far as known


@dataclass(frozen=True, slots=True)
class KnownLane:
    """One lane, where to begin reading it, and what of its messages cannot be seen."""

    lane: Lane
    on_ramp_block: int = 0
    off_ramp_block: int = 0
    blind: tuple[str, ...] = ()


class Book:
    """Looks things up, and says what there is when something is not."""

    def __init__(self, chains: tuple[KnownChain, ...], lanes: tuple[KnownLane, ...]) -> None:
        self.chains = chains
        self.lanes = lanes

    @classmethod
    def of(cls, deployment: Deployment) -> Book:
        """What a deployment file says."""
        lanes = (KnownLane(x.lane(), x.on_ramp_block, x.off_ramp_block) for x in deployment.lanes)
        return cls(tuple(map(_chain, deployment.chains)), tuple(lanes))

    def chain(self, ref: ChainRef) -> KnownChain:
        """The chain of that name or selector. A chain id is neither, and is told so."""
        for chain in self.chains:
            if ref in (chain.name, chain.selector, str(chain.selector)):
                return chain
        by_id = [chain for chain in self.chains if str(chain.chain_id) == str(ref)]
        known = ", ".join(f"{chain.name} (selector {chain.selector})" for chain in self.chains)
        hint = f"known chains: {known}"
        if by_id:
            hint = f"{ref} is a chain id; its selector is {by_id[0].selector} and its name {by_id[0].name}"
        raise UnknownLane(f"no chain {ref!r} is known here", code="UNKNOWN_CHAIN", hint=hint)

    def lane(self, source: ChainRef, destination: ChainRef) -> Lane:
        """The lane between two chains."""
        return self.known(source, destination).lane

    def known(self, source: ChainRef, destination: ChainRef) -> KnownLane:
        """The lane between two chains, with what is known of it."""
        ends = self.chain(source).selector, self.chain(destination).selector
        for known in self.lanes:
            if (known.lane.source, known.lane.destination) == ends:
                return known
        there = ", ".join(f"{self.name(x.lane.source)} → {self.name(x.lane.destination)}" for x in self.lanes)
        raise UnknownLane(
            f"there is no lane from {self.name(ends[0])} to {self.name(ends[1])}", hint=f"lanes: {there}"
        )

    def facts(self, lane: Lane) -> KnownLane:
        """What is known of exactly this lane: one that was replaced is another lane."""
        return next((known for known in self.lanes if known.lane == lane), KnownLane(lane))

    def name(self, selector: ChainSelector) -> str:
        """What the chain is called here."""
        return self.chain(selector).name

    def rmn(self, chain: ChainSelector) -> Address | None:
        return self.chain(chain).rmn

    def router(self, chain: ChainSelector) -> Address:
        return self.chain(chain).router

    def token(self, chain: ChainRef, token: str) -> str:
        """A token's address, from its symbol or from the address itself."""
        if token.lower().startswith("0x"):
            address = parse_address(token)
            if address == NO_ADDRESS:
                raise BadInput(
                    "the zero address is no token", hint="leave the fee token out to pay in native"
                )
            return checksum(address)
        place = self.chain(chain)
        found = place.symbols.get(token.upper())
        if found is None:
            known = ", ".join(place.symbols) or "none: pass an address"
            raise BadInput(
                f"no token {token!r} is known on {place.name}", code="UNKNOWN_TOKEN", hint=f"symbols: {known}"
            )
        return checksum(found)

    def symbol(self, chain: ChainSelector, token: Address) -> str:
        """What people call a token here: its symbol, or its address."""
        place = self.chain(chain)
        for symbol, address in place.symbols.items():
            if address == token:
                return symbol
        if token == place.wrapped_native:
            return "wrapped native"
        return checksum(token)

    def amount(self, chain: ChainSelector, token: Address, amount: int) -> str:
        """An amount for people: whole tokens with their symbol, or smallest units where decimals are not known."""
        decimals, symbol = self.chain(chain).decimals.get(token), self.symbol(chain, token)
        if decimals is None:
            return f"{amount} smallest units of {symbol}"
        return f"{whole_tokens(amount, decimals)} {symbol}"


def _chain(chain: ChainDeployment) -> KnownChain:
    symbols = {token.symbol.upper(): token.address for token in chain.tokens}
    return KnownChain(
        name=chain.name,
        chain_id=chain.chain_id,
        selector=chain.selector,
        router=chain.router,
        rmn=chain.rmn,
        registry=chain.token_admin_registry,
        wrapped_native=chain.wrapped_native,
        symbols={**symbols, "LINK": chain.link},
        decimals={
            **{token.address: token.decimals for token in chain.tokens},
            chain.link: 18,
            chain.wrapped_native: 18,
        },
    )
