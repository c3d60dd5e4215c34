"""One Anvil chain as a process of ours: started, steered, stopped.

    with Anvil(AnvilOptions(chain_id=31337)) as chain:
        chain.mine(3)

Anvil itself picks the free port, so two starts never race for one. It listens on loopback only, answers no browser,
and ends when this process ends. Finality on Anvil is arithmetic: `finalized` is two epochs below `latest`, so a
small `slots_in_an_epoch` makes messages final after that many blocks, twice.

The controls block for about a millisecond each (mining many blocks: longer). `async with` does start and stop in a
worker thread.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio.to_thread
import urllib3

from ccip_py.devnet.process import GuardedProcess
from ccip_py.errors import ConfigError, EndpointDown, Refused

SETTING = "CCIP_ANVIL"
ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0  # 50 ms when idle; a busy machine needs patience, not another try
CALL_SECONDS = 60.0
_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class AnvilOptions:
    """How a chain behaves from its start."""

    chain_id: int
    block_time: int | None = None  # seconds between blocks; None mines a block per transaction
    slots_in_an_epoch: int = 1
    accounts: int = 30  # of the well-known mnemonic, with 10,000 coins each
    port: int = 0  # 0: any free one
    mixed_mining: bool = False  # with a block time: also mine at once when a transaction comes
    gas_limit: int | None = None  # per block; None is Anvil's 30,000,000
    base_fee: int | None = None  # wei, of the first block; 0 stays 0, as on private chains where gas is free
    load_state: Path | None = None
    dump_state: Path | None = None  # written when the chain stops

    def arguments(self) -> Iterator[str]:
        """Anvil's command line."""
        yield from ("--host", "127.0.0.1", "--port", str(self.port), "--no-cors")
        yield from ("--chain-id", str(self.chain_id), "--accounts", str(self.accounts))
        yield from ("--slots-in-an-epoch", str(self.slots_in_an_epoch))
        optional: Mapping[str, int | Path | None] = {
            "--block-time": self.block_time,
            "--gas-limit": self.gas_limit,
            "--block-base-fee-per-gas": self.base_fee,
            "--load-state": self.load_state,
            "--dump-state": self.dump_state,
        }
        for flag, value in optional.items():
            if value is not None:
                yield from (flag, str(value))
        if self.mixed_mining:
            yield "--mixed-mining"
        if self.dump_state:
            yield "--preserve-historical-states"


def find_anvil(
    explicit: str | None = None, environment: Mapping[str, str] = os.environ, root: Path = ROOT
) -> Path:
    """Anvil by explicit setting, on PATH, or from the npm package, in that order."""
    setting = explicit or environment.get(SETTING)
    if setting:
        found = shutil.which(setting)
        if found is None:
            raise ConfigError(f"{SETTING}={setting} is not a program", hint="point it at anvil, or unset it")
        return Path(found)
    on_path = shutil.which("anvil", path=environment.get("PATH"))
    if on_path:
        return Path(on_path)
    for packaged in sorted(root.glob("node_modules/@foundry-rs/anvil-*/bin/anvil")):
        return packaged
    raise ConfigError(
        f"no Anvil found: {SETTING} is not set, and neither PATH nor {root / 'node_modules'} has one",
        code="NO_ANVIL",
        hint=f"install Foundry (getfoundry.sh), or set {SETTING}=/path/to/anvil; in a checkout, scripts/setup",
    )


class Anvil:
    """A running chain. Its controls are Anvil's own, under names that say what they do to a chain."""

    def __init__(self, options: AnvilOptions, binary: Path | None = None) -> None:
        self.options = options
        self._binary = binary
        self._process: GuardedProcess | None = None
        self._client: urllib3.PoolManager | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Where the chain answers. Known once it has started."""
        if not self._port:
            raise EndpointDown(f"the chain {self.options.chain_id} is not started")
        return f"http://127.0.0.1:{self._port}"

    # Start and stop

    def start(self) -> Self:
        """Start, and return when the chain answers as the chain it should be."""
        binary = self._binary or find_anvil()
        self._process = GuardedProcess([str(binary), *self.options.arguments()])
        try:
            line = self._process.wait_for_line(lambda text: bool(_LISTENING.search(text)), START_SECONDS)
            match = _LISTENING.search(line or "")
            if match is None:
                raise self._did_not_start()
            self._port = int(match.group(1))
            self._client = urllib3.PoolManager(timeout=CALL_SECONDS, retries=False, maxsize=4)
            if int(self.rpc("eth_chainId"), 16) != self.options.chain_id:
                raise self._did_not_start()
            self.rpc("anvil_setLoggingEnabled", False)  # a line per request is of no use here
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End the chain and wait for its end. Safe to repeat."""
        if self._client is not None:
            self._client.clear()
            self._client = None
        if self._process is not None:
            self._process.stop()
            self._process = None
        self._port = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await anyio.to_thread.run_sync(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self.stop)

    def _did_not_start(self) -> EndpointDown:
        said = self._process.tail() if self._process else ""
        if "already in use" in said:
            return EndpointDown(
                f"port {self.options.port} is busy, so Anvil cannot listen there",
                code="PORT_BUSY",
                hint="stop what uses it, or take another port (0: any free one)",
            )
        return EndpointDown(f"Anvil did not start; it said:\n{said}", code="ANVIL_DID_NOT_START")

    # Asking

    def rpc(self, method: str, *params: object) -> Any:
        """One JSON-RPC call; `Refused` if the chain says no."""
        if self._client is None or self._process is None:
            raise EndpointDown(f"the chain {self.options.chain_id} is not started")
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = self._client.request("POST", self.url, json=request).json()
        except urllib3.exceptions.HTTPError as problem:
            said = self._process.tail()
            raise EndpointDown(
                f"Anvil does not answer {method}: {problem}; it last said:\n{said}"
            ) from problem
        if "error" in answer:
            raise Refused(
                f"Anvil refused {method}: {answer['error'].get('message')}", context={"params": params}
            )
        return answer["result"]

    def block_number(self, tag: str = "latest") -> int:
        """The height at a tag."""
        return int(self.rpc("eth_getBlockByNumber", tag, False)["number"], 16)

    def timestamp(self) -> int:
        """The time of the latest block: the chain's own clock, in seconds."""
        return int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    # Steering

    def mine(self, blocks: int = 1, seconds_apart: int = 1) -> None:
        """Mine that many blocks now. Keep it below a thousand: Anvil slows down beyond."""
        self.rpc("anvil_mine", hex(blocks), hex(seconds_apart))

    def set_time(self, timestamp: int) -> None:
        """The next block gets this time; refused if it lies in the past."""
        self.rpc("evm_setNextBlockTimestamp", hex(timestamp))

    def warp(self, seconds: int) -> None:
        """Move the chain's clock ahead, and mine a block so that reads see it."""
        self.rpc("evm_increaseTime", hex(seconds))
        self.mine()

    def snapshot(self) -> str:
        """Remember everything. The id works once."""
        return str(self.rpc("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Go back to a snapshot; it is used up by this."""
        if not self.rpc("evm_revert", snapshot):
            raise Refused(f"Anvil has no snapshot {snapshot}", hint="a snapshot works once")

    def reorg(self, depth: int) -> None:
        """Replace the last blocks by empty ones of other hashes; their transactions are gone."""
        self.rpc("anvil_reorg", depth, [])

    def halt(self) -> None:
        """No more blocks, while requests are still answered and transactions wait."""
        self.rpc("evm_setAutomine", False)
        self.rpc("evm_setIntervalMining", 0)

    def resume(self) -> None:
        """Produce blocks again as the options say, at once for what waits."""
        if self.options.block_time is None or self.options.mixed_mining:
            self.rpc("evm_setAutomine", True)
        if self.options.block_time is not None:
            self.set_block_time(self.options.block_time)
        self.mine()

    def set_block_time(self, seconds: int) -> None:
        """From now on a block every so many seconds, whether or not there are transactions; 0 stops that."""
        self.rpc("evm_setIntervalMining", seconds)

    def automine(self, on: bool) -> None:
        """A block per transaction, at once; or not."""
        self.rpc("evm_setAutomine", on)

    def set_balance(self, address: str, wei: int) -> None:
        """Give an account exactly this much of the native coin."""
        self.rpc("anvil_setBalance", address, hex(wei))
