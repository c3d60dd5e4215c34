"""What all committers of a lane must share beyond the contract's configuration: the lane, and when to write prices."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConfigError
from ..protocol.ids import Address
from ..protocol.lane import Lane


@dataclass(frozen=True, slots=True)
class PriceRule:
    """When a price on chain is renewed. 0 seconds: no heartbeat. 0 ppb: any change counts."""

    heartbeat: int  # seconds of the destination's block time
    deviation_ppb: int  # parts per billion of the smaller of the two prices


@dataclass(frozen=True, slots=True)
class CommitConfig:
    """One lane's terms. Any difference between two nodes and they cannot talk (see `subject`)."""

    lane: Lane
    tokens: tuple[Address, ...]  # of the destination, whose prices this lane keeps there
    token_rule: PriceRule
    gas_rule: PriceRule  # for the execution part of the source's gas price
    data_availability_ppb: int  # deviation of its data availability part

    def __post_init__(self) -> None:
        if len(set(self.tokens)) != len(self.tokens) or len(self.tokens) > 64:
            raise ConfigError(
                "a lane keeps the prices of at most 64 distinct tokens", context={"tokens": len(self.tokens)}
            )


def subject(config: CommitConfig) -> bytes:
    """The terms as bytes, for `ocr.Config.subject`: every part with its length, so that no two terms look alike."""
    lane, token, gas = config.lane, config.token_rule, config.gas_rule
    numbers = (
        lane.source,
        lane.destination,
        token.heartbeat,
        token.deviation_ppb,
        gas.heartbeat,
        gas.deviation_ppb,
        config.data_availability_ppb,
    )
    parts = [b"commit 1", *(number.to_bytes(8, "big") for number in numbers)]
    parts += [lane.on_ramp, lane.commit_store, lane.off_ramp, *config.tokens]
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)
