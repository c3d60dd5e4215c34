"""Which tokens travel on a lane: pool, remote token, and the buckets that limit them, as of now."""

from __future__ import annotations

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from hexbytes import HexBytes

from ccip_py.errors import BadInput, CcipError, Refused
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import NO_ADDRESS, Address, ChainSelector
from ccip_py.protocol.lane import Lane
from ccip_py.sdk.book import Book
from ccip_py.sdk.evm import Function, as_address, call_request, read, read_many
from ccip_py.sdk.flow import Failure, Flow, ask
from ccip_py.sdk.types import Bucket, TokenOnLane

BUCKET = ("uint128", "uint32", "bool", "uint128", "uint128")
OUTBOUND = Function("getCurrentOutboundRateLimiterState", ("uint64",), BUCKET)
INBOUND = Function("getCurrentInboundRateLimiterState", ("uint64",), BUCKET)
REMOTE_TOKEN = Function("getRemoteToken", ("uint64",), ("bytes",))
SUPPORTED = Function("isSupportedChain", ("uint64",), ("bool",))
POOL_OF = Function("getPool", ("address",), ("address",))
POOL_BY_SOURCE = Function("getPoolBySourceToken", ("uint64", "address"), ("address",))
ALL_TOKENS = Function("getAllConfiguredTokens", ("uint64", "uint64"), ("address[]",))
SYMBOL = Function("symbol", (), ("string",))
DECIMALS = Function("decimals", (), ("uint8",))
VERSION = Function("typeAndVersion", (), ("string",))
PAGE = 100  # tokens per question to the registry


def tokens_on(book: Book, lane: Lane) -> Flow[tuple[TokenOnLane, ...]]:
    """Every token the source's registry knows whose pool serves the lane. Those of broken pools are left out."""
    registry = book.chain(lane.source).registry
    if registry is None:
        raise BadInput(
            "the token registry of this chain is not known",
            code="NO_REGISTRY",
            hint="connect with a deployment file, or name the token",
        )
    listed = yield from _registered(lane.source, registry)
    found = []
    for token in listed:
        try:
            found.append((yield from token_on(book, lane, token)))
        except CcipError:
            continue  # not on this lane, or no pool that answers: either way it does not travel here
    return tuple(found)


def _registered(chain: ChainSelector, registry: Address) -> Flow[list[Address]]:
    listed: list[Address] = []
    while True:
        (page,) = yield from read(chain, registry, ALL_TOKENS, len(listed), PAGE)
        listed += [as_address(token) for token in page]
        if len(page) < PAGE:
            return listed


def pool_of(lane: Lane, token: Address) -> Flow[Address]:
    """The pool that takes a token onto the lane; BadInput UNSUPPORTED_TOKEN if none does."""
    question = call_request(lane.on_ramp, POOL_BY_SOURCE.calldata(lane.destination, token))
    (answer,) = yield from ask(lane.source, question)
    pool = NO_ADDRESS if isinstance(answer, Failure) else as_address(HexBytes(answer)[-20:])
    if pool == NO_ADDRESS:
        raise _unsupported(token)
    try:
        (supported,) = yield from read(lane.source, pool, SUPPORTED, lane.destination)
    except CcipError:
        supported = False
    if not supported:
        raise _unsupported(token)
    return pool


def _unsupported(token: Address) -> BadInput:
    return BadInput(
        "this token does not travel on this lane",
        code="UNSUPPORTED_TOKEN",
        context={"token": checksum(token)},
        hint="`ccip get-supported-tokens` lists those that do",
    )


def token_on(book: Book, lane: Lane, token: Address) -> Flow[TokenOnLane]:
    """One token on one lane."""
    pool = yield from pool_of(lane, token)
    (symbol,), (decimals,), (kind,), (remote,), outbound, inbound = yield from read_many(
        lane.source,
        [
            (token, SYMBOL, ()),
            (token, DECIMALS, ()),
            (pool, VERSION, ()),
            (pool, REMOTE_TOKEN, (lane.destination,)),
            (pool, OUTBOUND, (lane.destination,)),
            (pool, INBOUND, (lane.destination,)),
        ],
    )
    remote_token = _address_in(remote)
    remote_pool, remote_decimals, there = yield from _remote_end(book, lane, remote_token)
    return TokenOnLane(
        symbol=symbol,
        token=checksum(token),
        decimals=decimals,
        pool=checksum(pool),
        pool_type=kind,
        remote_token=checksum(remote_token),
        remote_decimals=remote_decimals,
        remote_pool=None if remote_pool is None else checksum(remote_pool),
        outbound=_bucket(outbound),
        inbound=_bucket(inbound),
        remote_inbound=there,
    )


def _remote_end(
    book: Book, lane: Lane, token: Address
) -> Flow[tuple[Address | None, int | None, Bucket | None]]:
    """The destination's pool, its token's decimals, and the bucket that an arrival takes from."""
    registry = book.chain(lane.destination).registry
    if registry is None:
        return None, None, None
    try:
        (pool,) = yield from read(lane.destination, registry, POOL_OF, token)
        (decimals,), there = yield from read_many(
            lane.destination, [(token, DECIMALS, ()), (as_address(pool), INBOUND, (lane.source,))]
        )
    except (Refused, DecodingError):
        return None, None, None
    return as_address(pool), decimals, _bucket(there)


def _address_in(encoded: bytes) -> Address:
    try:
        return as_address(decode(["address"], encoded)[0])
    except DecodingError:
        raise Refused("the pool names a remote token that is no EVM address") from None


def _bucket(values: tuple[int, int, bool, int, int]) -> Bucket:
    tokens, _, enabled, capacity, rate = values
    return Bucket(tokens, capacity, rate, enabled)
