"""What the chains alone can do: the same transactions again, from the same state, with nobody between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ccip_py.audit.rpc import Call, Endpoint, EndpointError
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.network import Network
from ccip_py.errors import NotYet

Json = dict[str, Any]


class Recording:
    """The state that every chain was in, and the transactions from then on."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._states = {name: anvil.rpc("anvil_dumpState") for name, anvil in network.anvils.items()}
        self._first = {name: anvil.block_number() for name, anvil in network.anvils.items()}

    def replay(self) -> float:
        """Seconds that the chains need for all of it, one after the other on a core of their own.

        Each starts afresh with the recorded state and gets the transactions block by block.
        """
        return sum(self._again(name, anvil) for name, anvil in self._network.anvils.items())

    def _again(self, name: str, anvil: Anvil) -> float:
        with Endpoint(anvil.url) as endpoint:
            blocks = list(_blocks(endpoint, self._first[name] + 1, anvil.block_number()))
        with _fresh(anvil.options, self._states[name]) as (chain, endpoint):
            began = time.monotonic()
            used = [_mine(chain, endpoint, block) for block in blocks]
            took = time.monotonic() - began
        if used != [int(block["gasUsed"], 16) for block in blocks]:
            raise NotYet(f"the replay on {name} did not do the same work", code="REPLAY_DIFFERS")
        return took


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
