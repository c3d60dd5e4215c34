"""View → what a node tells its peers; and is what a peer tells well-formed.

An observation is short whatever waits: numbers, no messages. Roots are never taken from peers, so no leaf is sent.
Layout, big-endian: expected next (8) ‖ last seen (8) ‖ destination time (8) ‖ per configured token: flag (1) ‖ price (28) ‖
stored at (8) ‖ stored value (28) ‖ gas: flag (1) ‖ execution (14) ‖ data availability (14) ‖ stored at (8) ‖ stored (28).
Without the flag the price is zero: absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..protocol.ids import Address, SeqNr
from ..protocol.merkle import MAX_LEAVES
from .config import CommitConfig
from .view import MAX_GAS_PART, MAX_TOKEN_PRICE, NEVER, GasParts, StoredPrice, View

_HEAD: Final = 24
_TOKEN: Final = 65
_GAS: Final = 65
_MAX_SEQ_NR: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Observation:
    expected_next: SeqNr
    last: SeqNr  # the highest message to commit; expected_next - 1 if there is none
    destination_time: int
    token_prices: tuple[int | None, ...]  # in the order of the configuration
    stored_token_prices: tuple[StoredPrice, ...]
    gas_price: GasParts | None
    stored_gas_price: StoredPrice


def observation_bytes(config: CommitConfig) -> int:
    """Every observation under one configuration has the same length."""
    return _HEAD + _TOKEN * len(config.tokens) + _GAS


def observe(config: CommitConfig, view: View) -> Observation:
    """A halted lane is observed as having nothing to commit and no price to write."""
    waiting = 0 if view.halted else min(len(view.leaves), MAX_LEAVES)
    return Observation(
        expected_next=view.expected_next,
        last=SeqNr(view.expected_next + waiting - 1),
        destination_time=view.destination_time,
        token_prices=tuple(None if view.halted else _priced(view, token) for token in config.tokens),
        stored_token_prices=tuple(view.stored_token_prices.get(token, NEVER) for token in config.tokens),
        gas_price=None if view.halted else _gas(view.gas_price),
        stored_gas_price=view.stored_gas_price,
    )


def encode_observation(observation: Observation) -> bytes:
    parts = [
        observation.expected_next.to_bytes(8, "big"),
        observation.last.to_bytes(8, "big"),
        observation.destination_time.to_bytes(8, "big"),
    ]
    for price, stored in zip(observation.token_prices, observation.stored_token_prices, strict=True):
        parts += [bytes((price is not None,)), (price or 0).to_bytes(28, "big"), _stored(stored)]
    gas = observation.gas_price or GasParts(0, 0)
    parts += [bytes((observation.gas_price is not None,)), gas.execution.to_bytes(14, "big")]
    parts += [gas.data_availability.to_bytes(14, "big"), _stored(observation.stored_gas_price)]
    return b"".join(parts)


def decode_observation(config: CommitConfig, data: bytes) -> Observation | None:
    """None for anything an honest node cannot have said: wrong length, bad flag, empty or too long interval."""
    if len(data) != observation_bytes(config):
        return None
    expected_next, last = int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big")
    if not (1 <= expected_next < _MAX_SEQ_NR and expected_next - 1 <= last < expected_next + MAX_LEAVES):
        return None
    tokens = [data[at : at + _TOKEN] for at in range(_HEAD, len(data) - _GAS, _TOKEN)]
    gas = data[-_GAS:]
    if not all(_flag_is_right(part) for part in (*tokens, gas)):
        return None
    if any(part[0] and not any(part[1:29]) for part in tokens):
        return None  # a price of zero is no price: it would stop every quote
    return Observation(
        SeqNr(expected_next),
        SeqNr(last),
        int.from_bytes(data[16:_HEAD], "big"),
        tuple(int.from_bytes(part[1:29], "big") if part[0] else None for part in tokens),
        tuple(_read_stored(part) for part in tokens),
        GasParts(int.from_bytes(gas[1:15], "big"), int.from_bytes(gas[15:29], "big")) if gas[0] else None,
        _read_stored(gas),
    )


def _priced(view: View, token: Address) -> int | None:
    price = view.token_prices.get(token, 0)
    return price if 0 < price <= MAX_TOKEN_PRICE else None


def _gas(price: GasParts | None) -> GasParts | None:
    fits = price is not None and max(price.execution, price.data_availability) <= MAX_GAS_PART
    return price if fits else None


def _stored(price: StoredPrice) -> bytes:
    return price.updated_at.to_bytes(8, "big") + price.value.to_bytes(28, "big")


def _read_stored(part: bytes) -> StoredPrice:
    return StoredPrice(int.from_bytes(part[29:37], "big"), int.from_bytes(part[37:], "big"))


def _flag_is_right(part: bytes) -> bool:
    return part[0] == 1 or (part[0] == 0 and not any(part[1:29]))
