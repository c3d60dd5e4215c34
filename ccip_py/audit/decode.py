"""From a log to an event, by the layouts of CCIP 1.5 and of this network's RMN, as their descriptions give them."""

from __future__ import annotations

from collections.abc import Callable

from ccip_py.audit.events import (
    Attempt,
    Blessed,
    Committed,
    Cursed,
    Delivered,
    Event,
    FeeWithdrawn,
    Given,
    Limit,
    LimitsRemoved,
    LimitsSet,
    LiquidityRemoved,
    MonitorsSet,
    OffRampAdded,
    OnRampSet,
    Place,
    PoolSet,
    PriceSet,
    RmnSet,
    RootRemoved,
    Sent,
    Taken,
    Transfer,
    Transmitted,
    Uncursed,
)
from ccip_py.audit.words import WORD, Unreadable, address, count, number, signature, text, texts, word

Reader = Callable[[Place, list[bytes], bytes], Event]


def _sent(at: Place, _topics: list[bytes], data: bytes) -> Sent:
    message = data[number(data, 0) :]
    tokens, token_data = number(message, 10 * WORD), number(message, 11 * WORD)
    pairs = range(count(message, tokens))
    first = tokens + WORD
    return Sent(
        at,
        source=number(message, 0),
        sender=address(message, 1 * WORD),
        receiver=address(message, 2 * WORD),
        number=number(message, 3 * WORD),
        gas_limit=number(message, 4 * WORD),
        strict=number(message, 5 * WORD) != 0,
        nonce=number(message, 6 * WORD),
        fee_token=address(message, 7 * WORD),
        fee=number(message, 8 * WORD),
        data=text(message, number(message, 9 * WORD)),
        tokens=tuple(
            (address(message, first + 2 * WORD * i), number(message, first + 2 * WORD * i + WORD))
            for i in pairs
        ),
        token_data=texts(message, token_data),
        id=word(message, 12 * WORD),
    )


def _committed(at: Place, _topics: list[bytes], data: bytes) -> Committed:
    report = data[number(data, 0) :]  # offset of the prices, min, max, root
    return Committed(at, number(report, WORD), number(report, 2 * WORD), word(report, 3 * WORD))


def _monitors(at: Place, topics: list[bytes], data: bytes) -> MonitorsSet:
    start = number(data, 0)
    keys = tuple(
        (address(data, start + WORD + 2 * WORD * i), address(data, start + 2 * WORD + 2 * WORD * i))
        for i in range(count(data, start))
    )
    return MonitorsSet(at, _topic(topics, 1), keys, number(data, WORD), number(data, 2 * WORD))


def _chain_added(at: Place, _topics: list[bytes], data: bytes) -> LimitsSet:
    return LimitsSet(at, number(data, 0), _limit(data, 2 * WORD), _limit(data, 5 * WORD))


def _chain_configured(at: Place, _topics: list[bytes], data: bytes) -> LimitsSet:
    return LimitsSet(at, number(data, 0), _limit(data, WORD), _limit(data, 4 * WORD))


def _limit(data: bytes, at: int) -> Limit:
    return Limit(number(data, at) != 0, number(data, at + WORD), number(data, at + 2 * WORD))


def _transfer(at: Place, topics: list[bytes], data: bytes) -> Transfer:
    return Transfer(at, _topic_address(topics, 1), _topic_address(topics, 2), number(data, 0))


def _blessed(at: Place, topics: list[bytes], data: bytes) -> Blessed:
    return Blessed(
        at,
        topics[1],
        _topic_address(topics, 2),
        topics[3],
        number(data, 0),
        number(data, WORD),
        number(data, 2 * WORD),
    )


def _topic(topics: list[bytes], at: int) -> int:
    return number(b"".join(topics), WORD * at)


def _topic_address(topics: list[bytes], at: int) -> bytes:
    return address(b"".join(topics), WORD * at)


_RATE = "(bool,uint128,uint128)"
READERS: dict[bytes, Reader] = {
    signature(text_): reader
    for text_, reader in {
        "CCIPSendRequested((uint64,address,address,uint64,uint256,bool,uint64,address,uint256,bytes,"
        "(address,uint256)[],bytes[],bytes32))": _sent,
        "FeeTokenWithdrawn(address,address,uint256)": lambda at, t, d: FeeWithdrawn(
            at, _topic_address(t, 2), number(d, 0)
        ),
        "ReportAccepted((((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32))": _committed,
        "RootRemoved(bytes32)": lambda at, _, d: RootRemoved(at, word(d, 0)),
        "Transmitted(bytes32,uint32)": lambda at, _, d: Transmitted(at, word(d, 0), number(d, WORD)),
        "ExecutionStateChanged(uint64,bytes32,uint8,bytes)": lambda at, t, d: Attempt(
            at, _topic(t, 1), t[2], number(d, 0)
        ),
        "MessageExecuted(bytes32,uint64,address,bytes32)": lambda at, _, d: Delivered(
            at, word(d, 0), number(d, WORD), address(d, 2 * WORD), word(d, 3 * WORD)
        ),
        "ARMSet(address)": lambda at, _, d: RmnSet(at, address(d, 0)),
        "MonitorsSet(uint32,(address,address)[],uint8,uint8)": _monitors,
        "RootBlessed(bytes32,address,bytes32,uint64,uint64,uint64)": _blessed,
        "Cursed(bytes16,address)": lambda at, t, _: Cursed(at, t[1][:16], _topic_address(t, 2)),
        "Uncursed(bytes16,uint64)": lambda at, t, d: Uncursed(at, t[1][:16], number(d, 0)),
        "Locked(address,uint256)": lambda at, t, d: Taken(at, _topic_address(t, 1), number(d, 0)),
        "Burned(address,uint256)": lambda at, t, d: Taken(at, _topic_address(t, 1), number(d, 0)),
        "Released(address,address,uint256)": lambda at, t, d: Given(
            at, _topic_address(t, 1), _topic_address(t, 2), number(d, 0)
        ),
        "Minted(address,address,uint256)": lambda at, t, d: Given(
            at, _topic_address(t, 1), _topic_address(t, 2), number(d, 0)
        ),
        "LiquidityRemoved(address,uint256)": lambda at, t, _: LiquidityRemoved(
            at, _topic_address(t, 1), _topic(t, 2)
        ),
        f"ChainAdded(uint64,bytes,{_RATE},{_RATE})": _chain_added,
        f"ChainConfigured(uint64,{_RATE},{_RATE})": _chain_configured,
        "ChainRemoved(uint64)": lambda at, _, d: LimitsRemoved(at, number(d, 0)),
        "Transfer(address,address,uint256)": _transfer,
        "PoolSet(address,address,address)": lambda at, t, _: PoolSet(
            at, _topic_address(t, 1), _topic_address(t, 3)
        ),
        "UsdPerTokenUpdated(address,uint256,uint256)": lambda at, t, d: PriceSet(
            at, t[1], number(d, 0), number(d, WORD)
        ),
        "UsdPerUnitGasUpdated(uint64,uint256,uint256)": lambda at, t, d: PriceSet(
            at, t[1], number(d, 0), number(d, WORD)
        ),
        "OnRampSet(uint64,address)": lambda at, t, d: OnRampSet(at, _topic(t, 1), address(d, 0)),
        "OffRampAdded(uint64,address)": lambda at, t, d: OffRampAdded(at, _topic(t, 1), address(d, 0)),
    }.items()
}


def read_event(at: Place, topics: list[bytes], data: bytes) -> Event | None:
    """What the log says, or None if no invariant needs it. Raises Unreadable, naming the transaction."""
    reader = READERS.get(topics[0]) if topics else None
    if reader is None:
        return None
    try:
        return reader(at, topics, data)
    except (Unreadable, IndexError) as error:
        raise Unreadable(f"log {at.log} of transaction {at.hash}: {error}") from error
