"""Handles on the contracts of a lane: each method is one view, to be read with a `Caller`.

Only what nodes, the SDK and the deploy tool ask. Names are those of the contracts, without `get`. Addresses go in
and come out as bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ccip_py.chains.evm.caller import View, function
from ccip_py.protocol.codec.evm import get_fee_call
from ccip_py.protocol.ids import Address, ChainSelector, Root, SeqNr
from ccip_py.protocol.message import ExecutionState, OutgoingMessage
from ccip_py.protocol.report import Interval


@dataclass(frozen=True, slots=True)
class Price:
    """A stored price with the chain time, in seconds, at which it was written. (0, 0): never."""

    value: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a CommitStore keeps with a root. `committed_at` is chain time; 0: unknown root."""

    committed_at: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket as of the block it was read at."""

    tokens: int
    last_updated: int
    is_enabled: bool
    capacity: int
    rate: int  # tokens per second


@dataclass(frozen=True, slots=True)
class OcrConfig:
    """The latest OCR configuration of a CommitStore."""

    count: int
    block: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class BlessVotes:
    """How far a blessing has come."""

    voters: int  # bitmap of monitor indices
    config_version: int
    blessed: bool


def _address(text: str) -> Address:
    return Address(bytes.fromhex(text[2:]))


def _addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    return tuple(map(_address, texts))


def _same(value: int) -> int:
    return value


@dataclass(frozen=True, slots=True)
class Router:
    """Where applications send, and where receivers are called from."""

    address: Address

    def fee(self, destination: ChainSelector, message: OutgoingMessage) -> View[int]:
        """The fee in the message's fee token. Refuses what ccipSend would."""
        return View("Router", self.address, get_fee_call(destination, message), ("uint256",), _same)

    def on_ramp(self, destination: ChainSelector) -> View[Address]:
        """The OnRamp to that chain; zero if there is none."""
        data = function("getOnRamp(uint64)", destination)
        return View("Router", self.address, data, ("address",), _address)

    def off_ramps(self) -> View[tuple[tuple[ChainSelector, Address], ...]]:
        """Every (source, OffRamp) that may deliver here."""

        def parse(ramps: Sequence[tuple[int, str]]) -> tuple[tuple[ChainSelector, Address], ...]:
            return tuple((ChainSelector(source), _address(ramp)) for source, ramp in ramps)

        return View("Router", self.address, function("getOffRamps()"), ("(uint64,address)[]",), parse)

    def wrapped_native(self) -> View[Address]:
        """The token that stands for the native coin in fees."""
        return View("Router", self.address, function("getWrappedNative()"), ("address",), _address)

    def rmn_proxy(self) -> View[Address]:
        """The RMN proxy it asks before anything moves."""
        return View("Router", self.address, function("getArmProxy()"), ("address",), _address)


@dataclass(frozen=True, slots=True)
class OnRamp:
    """The source end of one lane."""

    address: Address

    def expected_next(self) -> View[SeqNr]:
        """The number the next message gets: one more than there are."""
        return View("OnRamp", self.address, function("getExpectedNextSequenceNumber()"), ("uint64",), SeqNr)

    def sender_nonce(self, sender: Address) -> View[int]:
        """The nonce of the sender's last ordered message."""
        return View("OnRamp", self.address, function("getSenderNonce(address)", sender), ("uint64",), _same)

    def pool_of(self, destination: ChainSelector, token: Address) -> View[Address]:
        """The pool that serves a token of this chain; zero if none does."""
        data = function("getPoolBySourceToken(uint64,address)", destination, token)
        return View("OnRamp", self.address, data, ("address",), _address)


@dataclass(frozen=True, slots=True)
class CommitStore:
    """Where signed roots of one lane land."""

    address: Address

    def expected_next(self) -> View[SeqNr]:
        """The first sequence number that is not committed."""
        data = function("getExpectedNextSequenceNumber()")
        return View("CommitStore", self.address, data, ("uint64",), SeqNr)

    def latest_price_epoch_and_round(self) -> View[int]:
        """epoch << 8 | round of the last report whose prices applied."""
        data = function("getLatestPriceEpochAndRound()")
        return View("CommitStore", self.address, data, ("uint64",), _same)

    def is_blessed(self, root: Root) -> View[bool]:
        """Whether the root may be executed now. A blessing can be taken back: never cache it."""
        return View("CommitStore", self.address, function("isBlessed(bytes32)", root), ("bool",), bool)

    def commitment(self, root: Root) -> View[Commitment]:
        """When the root was committed, and over what."""

        def parse(at: int, first: int, last: int) -> Commitment:
            return Commitment(at, Interval(SeqNr(first), SeqNr(last)))

        data = function("commitments(bytes32)", root)
        return View("CommitStore", self.address, data, ("uint64", "uint64", "uint64"), parse)

    def paused(self) -> View[bool]:
        """Whether the owner stopped this lane."""
        return View("CommitStore", self.address, function("paused()"), ("bool",), bool)

    def is_unpaused_and_not_cursed(self) -> View[bool]:
        """Whether a report would be looked at."""
        return View("CommitStore", self.address, function("isUnpausedAndNotCursed()"), ("bool",), bool)

    def config(self) -> View[OcrConfig]:
        """Which committers' configuration is in force."""
        types = ("uint32", "uint32", "bytes32")
        return View("CommitStore", self.address, function("latestConfigDetails()"), types, OcrConfig)

    def signers(self) -> View[tuple[Address, ...]]:
        """Whose signatures count, in the order of the configuration."""
        data = function("getSigners()")
        return View("CommitStore", self.address, data, ("address[]",), _addresses)

    def quorum(self) -> View[int]:
        """How many of them a report needs: 2f+1."""
        return View("CommitStore", self.address, function("quorum()"), ("uint256",), _same)

    def transmitters(self) -> View[tuple[Address, ...]]:
        """Who may transmit, in the order of the configuration."""
        data = function("getTransmitters()")
        return View("CommitStore", self.address, data, ("address[]",), _addresses)


@dataclass(frozen=True, slots=True)
class OffRamp:
    """The destination end of one lane."""

    address: Address

    def execution_state(self, seq_nr: SeqNr) -> View[ExecutionState]:
        """How far one message has come."""
        data = function("getExecutionState(uint64)", seq_nr)
        return View("OffRamp", self.address, data, ("uint8",), ExecutionState)

    def sender_nonce(self, sender: Address) -> View[int]:
        """The nonce of the sender's last ordered message that was attempted."""
        return View("OffRamp", self.address, function("getSenderNonce(address)", sender), ("uint64",), _same)

    def executors(self) -> View[tuple[Address, ...]]:
        """Who may execute before the open window."""
        return View("OffRamp", self.address, function("getTransmitters()"), ("address[]",), _addresses)

    def open_window(self) -> View[int]:
        """Seconds after a commit from which on anyone may execute."""
        types = ("(uint32,uint32,uint16,address,address)",)
        return View(
            "OffRamp", self.address, function("getDynamicConfig()"), types, lambda config: int(config[0])
        )


@dataclass(frozen=True, slots=True)
class RMN:
    """Blessings and curses; the proxy's address answers as well."""

    address: Address

    def is_cursed(self, subject: bytes | None = None) -> View[bool]:
        """Whether the subject or everything is stopped; without a subject: whether everything is."""
        call = function("isCursed()") if subject is None else function("isCursed(bytes16)", subject)
        return View("RMN", self.address, call, ("bool",), bool)

    def epoch_of(self, source: ChainSelector) -> View[int]:
        """The epoch that blessings of messages from `source` are bound to."""
        return View("RMN", self.address, function("epochOf(uint64)", source), ("uint64",), _same)

    def bless_votes(self, tag: bytes) -> View[BlessVotes]:
        """Votes counted for one statement."""
        types = ("uint16", "uint32", "bool")
        return View("RMN", self.address, function("blessVotes(bytes32)", tag), types, BlessVotes)

    def cursed_subjects(self) -> View[tuple[bytes, ...]]:
        """Everything that is stopped."""
        return View("RMN", self.address, function("getCursedSubjects()"), ("bytes16[]",), tuple)


def _price(pair: tuple[int, int]) -> Price:
    return Price(*pair)


@dataclass(frozen=True, slots=True)
class FeeQuoter:
    """Prices and fees of one chain."""

    address: Address

    def token_prices(self, tokens: Sequence[Address]) -> View[tuple[Price, ...]]:
        """USD·1e18 for 1e18 smallest units of each token, as stored."""

        def parse(pairs: Sequence[tuple[int, int]]) -> tuple[Price, ...]:
            return tuple(map(_price, pairs))

        data = function("getTokenPrices(address[])", list(tokens))
        return View("FeeQuoter", self.address, data, ("(uint224,uint32)[]",), parse)

    def gas_price(self, destination: ChainSelector) -> View[Price]:
        """Packed USD·1e18 per unit of gas on `destination`, as stored."""
        data = function("getDestinationChainGasPrice(uint64)", destination)
        return View("FeeQuoter", self.address, data, ("(uint224,uint32)",), _price)

    def fee_tokens(self) -> View[tuple[Address, ...]]:
        """What fees may be paid in."""
        return View("FeeQuoter", self.address, function("getFeeTokens()"), ("address[]",), _addresses)


@dataclass(frozen=True, slots=True)
class TokenAdminRegistry:
    """Which pool serves which token."""

    address: Address

    def pools(self, tokens: Sequence[Address]) -> View[tuple[Address, ...]]:
        """The pool of each token; zero where there is none."""
        data = function("getPools(address[])", list(tokens))
        return View("TokenAdminRegistry", self.address, data, ("address[]",), _addresses)

    def tokens(self, first: int = 0, at_most: int = 1000) -> View[tuple[Address, ...]]:
        """A page of the tokens that were ever registered."""
        data = function("getAllConfiguredTokens(uint64,uint64)", first, at_most)
        return View("TokenAdminRegistry", self.address, data, ("address[]",), _addresses)


@dataclass(frozen=True, slots=True)
class TokenPool:
    """One token's pool on one chain."""

    address: Address

    def token(self) -> View[Address]:
        """The token it serves."""
        return View("TokenPool", self.address, function("getToken()"), ("address",), _address)

    def remote_token(self, remote: ChainSelector) -> View[bytes]:
        """The token's other end, as the other chain encodes it; empty if that chain is not supported."""
        data = function("getRemoteToken(uint64)", remote)
        return View("TokenPool", self.address, data, ("bytes",), bytes)

    def supported_chains(self) -> View[tuple[ChainSelector, ...]]:
        """Where the token can go."""

        def parse(selectors: Sequence[int]) -> tuple[ChainSelector, ...]:
            return tuple(map(ChainSelector, selectors))

        return View("TokenPool", self.address, function("getSupportedChains()"), ("uint64[]",), parse)

    def inbound_limit(self, remote: ChainSelector) -> View[Bucket]:
        """How much may arrive from `remote` now."""
        return self._bucket("getCurrentInboundRateLimiterState(uint64)", remote)

    def outbound_limit(self, remote: ChainSelector) -> View[Bucket]:
        """How much may leave for `remote` now."""
        return self._bucket("getCurrentOutboundRateLimiterState(uint64)", remote)

    def _bucket(self, signature: str, remote: ChainSelector) -> View[Bucket]:
        types = ("(uint128,uint32,bool,uint128,uint128)",)
        data = function(signature, remote)
        return View("TokenPool", self.address, data, types, lambda state: Bucket(*state))


@dataclass(frozen=True, slots=True)
class ERC20:
    """A token."""

    address: Address

    def balance_of(self, owner: Address) -> View[int]:
        """In smallest units."""
        return View("ERC20", self.address, function("balanceOf(address)", owner), ("uint256",), _same)

    def allowance(self, owner: Address, spender: Address) -> View[int]:
        """How much `spender` may still take."""
        data = function("allowance(address,address)", owner, spender)
        return View("ERC20", self.address, data, ("uint256",), _same)

    def total_supply(self) -> View[int]:
        """In smallest units."""
        return View("ERC20", self.address, function("totalSupply()"), ("uint256",), _same)

    def decimals(self) -> View[int]:
        """How many of its digits people put behind the point."""
        return View("ERC20", self.address, function("decimals()"), ("uint8",), _same)

    def symbol(self) -> View[str]:
        """Its short name; anyone can choose any."""
        return View("ERC20", self.address, function("symbol()"), ("string",), str)

    def approve(self, spender: Address, amount: int) -> bytes:
        """Call data that lets `spender` take `amount`."""
        return function("approve(address,uint256)", spender, amount)
