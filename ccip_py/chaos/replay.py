"""What the chains alone can do: the same transactions again, from the same state, with nobody between them.

    recording = Recording(network)
    ...                                # the run
    recording.stop()                   # then end the network: what runs beside a replay takes its core away
    alone = recording.replay()

The transactions are sent for their senders without signatures, so the chains are spared the recovery of those.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ccip_py.audit.rpc import Call, Endpoint, EndpointError
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.network import Network
from ccip_py.errors import NotYet

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChainsAlone:
    """Messages per second of a run's transactions, without the relay."""

    slowest_chain: float  # where each chain has a core of its own: the slowest is what all wait for
    one_core: float  # where one core does the work of all chains

    @classmethod
    def of(cls, messages: int, took_s: Mapping[str, float]) -> ChainsAlone:
        """From the seconds that each chain needed, one after the other on an idle machine."""
        return cls(messages / max(took_s.values()), messages / sum(took_s.values()))


class Recording:
    """The state that every chain was in, and the transactions from then until it was stopped."""

    def __init__(self, network: Network) -> None:
        self._network = network
        clocks = zip(network.anvils.items(), network.options.block_times, strict=True)
        starts = {name: _start(anvil, block_time) for (name, anvil), block_time in clocks}
        self._states = {name: state for name, (_, state) in starts.items()}
        self._first = {name: head + 1 for name, (head, _) in starts.items()}
        self._blocks: dict[str, list[Json]] = {}

    def stop(self) -> None:
        """Take down what has happened; the network is not needed any more."""
        for name, anvil in self._network.anvils.items():
            with Endpoint(anvil.url) as endpoint:
                self._blocks[name] = list(_blocks(endpoint, self._first[name], anvil.block_number()))

    def replay(self) -> dict[str, float]:
        """Seconds that each chain needs for all of it, alone on the machine.

        Each starts afresh with the recorded state and gets the transactions block by block.
        """
        return {name: self._again(name, anvil.options) for name, anvil in self._network.anvils.items()}

    def _again(self, name: str, options: AnvilOptions) -> float:
        with _fresh(options, self._states[name]) as (chain, endpoint):
            began = time.monotonic()
            used = [_mine(chain, endpoint, block) for block in self._blocks[name]]
            took = time.monotonic() - began
        if used != [int(block["gasUsed"], 16) for block in self._blocks[name]]:
            raise NotYet(f"the replay on {name} did not do the same work", code="REPLAY_DIFFERS")
        return took


def _start(anvil: Anvil, block_time: int) -> tuple[int, str]:
    """A height and the state at it. The clock stands still meanwhile: a large state takes longer than a block."""
    anvil.set_block_time(0)
    state: str = anvil.rpc("anvil_dumpState")
    head = anvil.block_number()
    anvil.set_block_time(block_time)
    return head, state


def _blocks(endpoint: Endpoint, first: int, last: int) -> Iterator[Json]:
    """The blocks that hold transactions."""
    for number in range(first, last + 1):
        block = endpoint.ask("eth_getBlockByNumber", hex(number), True)
        if block["transactions"]:
            yield block


@contextmanager
def _fresh(options: AnvilOptions, state: str) -> Iterator[tuple[Anvil, Endpoint]]:
    with Anvil(options) as chain, Endpoint(chain.url) as endpoint:
        chain.rpc("anvil_loadState", state)
        chain.rpc("anvil_autoImpersonateAccount", True)
        chain.automine(False)
        chain.set_block_time(0)
        yield chain, endpoint


def _mine(chain: Anvil, endpoint: Endpoint, block: Json) -> int:
    """One block again; the gas it used."""
    calls: list[Call] = [("eth_sendTransaction", [_transaction(each)]) for each in block["transactions"]]
    for answer in endpoint.batch(calls):
        if isinstance(answer, EndpointError):
            raise answer
    chain.rpc("evm_setBlockGasLimit", block["gasLimit"])
    chain.rpc("anvil_setNextBlockBaseFeePerGas", block["baseFeePerGas"])
    chain.rpc("evm_mine")
    return int(endpoint.ask("eth_getBlockByNumber", "latest", False)["gasUsed"], 16)


def _transaction(mined: Json) -> Json:
    kept = ("from", "to", "value", "gas", "nonce", "maxFeePerGas", "maxPriorityFeePerGas")
    wanted = {key: mined[key] for key in kept if mined.get(key) is not None}
    return {**wanted, "data": mined["input"]}
