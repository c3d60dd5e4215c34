"""What the contracts are asked. Chosen by hand or drawn from a fixed seed, so that the answers can be compared again."""

import random
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from ccip_py.protocol.keccak import keccak

MAX64, MAX256 = 2**64 - 1, 2**256 - 1
LANES = (
    (7759470850252068959, 3379446385462418246, bytes([1]) * 20),
    (3379446385462418246, 7759470850252068959, bytes([1]) * 20),  # the way back is another lane
    (1, MAX64, bytes([255]) * 20),
)
DATA_SIZES = (0, 1, 31, 32, 33, 300, 30_000)
SEED = bytes(range(251))
EVERY_SUBSET_UP_TO = 5
GENERATED_PROOFS = 2_000
ONE = 10**18
GWEI_AT_2000_USD = 2_000 * 10**9  # USD·1e18 for a gas unit at one gwei


def filler(size: int) -> bytes:
    """Data that says where each byte belongs: SEED over and over."""
    return bytes(i % len(SEED) for i in range(size))


def leaf_number(index: int) -> bytes:
    """The leaf at a place of every tree: any 32 bytes will do."""
    return keccak(index.to_bytes(32, "big"))


def messages() -> Iterator[dict[str, Any]]:
    """Each size of data with no, one and two tokens, and the largest values that fit."""
    draw = random.Random(1)
    for number, size in enumerate(DATA_SIZES):
        for tokens in range(3):
            yield _message(draw, number * 3 + tokens + 1, filler(size), tokens)
    largest = {"sequenceNumber": MAX64, "gasLimit": MAX256, "nonce": MAX64, "feeTokenAmount": MAX256}
    yield {**_message(draw, 0, b"\xff" * 32, 2), **largest, "strict": True}


def _message(draw: random.Random, number: int, data: bytes, tokens: int) -> dict[str, Any]:
    return {
        "sourceChainSelector": LANES[0][0],
        "sender": draw.randbytes(20),
        "receiver": draw.randbytes(20),
        "sequenceNumber": number,
        "gasLimit": draw.randrange(3_000_000),
        "strict": False,
        "nonce": draw.randrange(100),
        "feeToken": draw.randbytes(20),
        "feeTokenAmount": draw.randrange(10**18),
        "data": data,
        "tokenAmounts": [
            {"token": draw.randbytes(20), "amount": draw.randrange(2**256)} for _ in range(tokens)
        ],
        "sourceTokenData": [filler(draw.choice((0, 31, 32, 33, 320))) for _ in range(tokens)],
        "messageId": bytes(32),
    }


def subsets() -> Iterator[tuple[int, tuple[int, ...]]]:
    """(size of the tree, leaves to prove): all of the small trees', then drawn ones."""
    for size in range(1, EVERY_SUBSET_UP_TO + 1):
        for count in range(1, size + 1):
            yield from ((size, chosen) for chosen in combinations(range(size), count))
    draw = random.Random(2)
    for _ in range(GENERATED_PROOFS):
        size = draw.randint(EVERY_SUBSET_UP_TO + 1, 256)
        count = draw.choice((1, 1, 2, 3, 8, draw.randint(1, size)))
        yield size, tuple(sorted(draw.sample(range(size), min(count, size))))


def extra_args() -> Iterator[bytes]:
    """Every form that is accepted."""
    v1, v2 = bytes.fromhex("97a657c9"), bytes.fromhex("181dcf10")
    yield b""
    for gas in (0, 200_000, MAX256):
        yield v1 + gas.to_bytes(32, "big")
        for flag in (0, 1):
            yield v1 + gas.to_bytes(32, "big") + flag.to_bytes(32, "big")  # `strict`, from before 1.5
            yield v2 + gas.to_bytes(32, "big") + flag.to_bytes(32, "big")


def fee_case(**changes: Any) -> dict[str, Any]:
    """A message of 100 bytes, paid in a token at 2,000 USD, to a chain at 20 gwei; `changes` may reach into structs."""
    case: dict[str, Any] = {
        "destination": {
            "isEnabled": True,
            "maxNumberOfTokensPerMsg": 5,
            "maxDataBytes": 30_000,
            "maxPerMsgGasLimit": 3_000_000,
            "destGasOverhead": 300_000,
            "destGasPerPayloadByteBase": 16,
            "destGasPerPayloadByteHigh": 16,
            "destGasPerPayloadByteThreshold": 0,
            "destDataAvailabilityOverheadGas": 0,
            "destGasPerDataAvailabilityByte": 0,
            "destDataAvailabilityMultiplierBps": 0,
            "defaultTokenFeeUSDCents": 25,
            "defaultTokenDestGasOverhead": 90_000,
            "defaultTxGasLimit": 200_000,
            "gasPriceStalenessThreshold": 1,
            "enforceOutOfOrder": False,
        },
        "feeToken": {
            "networkFeeUSDCents": 10,
            "gasMultiplierWeiPerEth": 11 * ONE // 10,
            "premiumMultiplierWeiPerEth": ONE,
            "enabled": True,
        },
        "usdPerFeeToken": 2_000 * ONE,
        "usdPerUnitGas": 20 * GWEI_AT_2000_USD,
        "gasLimit": 200_000,
        "dataLength": 100,
        "tokens": [],
    }
    for name, value in changes.items():
        case[name] = {**case[name], **value} if isinstance(value, dict) else value
    return case


def token_case(amount: int, usd_per_token: int, **fee: Any) -> dict[str, Any]:
    """One token of a message, with fees of its own if any are given."""
    default = {
        "minFeeUSDCents": 0,
        "maxFeeUSDCents": 0,
        "deciBps": 0,
        "destGasOverhead": 0,
        "destBytesOverhead": 32,
        "isEnabled": bool(fee),
    }
    return {"amount": amount, "usdPerToken": usd_per_token, "fee": {**default, **fee}}


THOUSAND_USDC = token_case(
    1_000 * 10**6,
    10**30,
    minFeeUSDCents=50,
    maxFeeUSDCents=10_000,
    deciBps=70,
    destGasOverhead=90_000,
)

FEES = {
    "data, paid in wrapped native": fee_case(),
    "data, paid in LINK at a discount": fee_case(
        feeToken={"premiumMultiplierWeiPerEth": 9 * ONE // 10}, usdPerFeeToken=15 * ONE
    ),
    "1000 USDC": fee_case(gasLimit=0, dataLength=0, tokens=[THOUSAND_USDC]),
    "data, with data availability": fee_case(
        destination={
            "destDataAvailabilityOverheadGas": 100,
            "destGasPerDataAvailabilityByte": 16,
            "destDataAvailabilityMultiplierBps": 6840,
        },
        usdPerUnitGas=30 * GWEI_AT_2000_USD << 112 | 20 * GWEI_AT_2000_USD,
    ),
    "two tokens, one with defaults": fee_case(tokens=[THOUSAND_USDC, token_case(5, 10**18)]),
    "two tiers of calldata": fee_case(
        destination={"destGasPerPayloadByteHigh": 40, "destGasPerPayloadByteThreshold": 3_000},
        dataLength=30_000,
    ),
}
