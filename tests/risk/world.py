"""Two real chains with the real RMN and commit store, and four monitors that are stepped by hand.

The source's on-ramp, the off-ramp and the pools are tiny emitters: a monitor only reads their logs, and
so a test can have them say anything. Committers are four keys that sign whatever a test commits.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import anyio
from eth_abi.abi import decode, encode
from eth_hash.auto import keccak

from ccip_py.deploy import artifacts
from ccip_py.deploy.compile import compile_contracts
from ccip_py.devnet.anvil import Anvil
from ccip_py.risk import evm, keys, views
from ccip_py.risk.config import Chain, Config, KeySource, Lane, Pool, Rpc
from ccip_py.risk.evm import metadata, read_sent
from ccip_py.risk.http import Http
from ccip_py.risk.monitor import Monitor
from ccip_py.risk.root import merkle_root
from ccip_py.risk.serve import serve
from ccip_py.risk.vote import Curse, Domain, Permit, digest, sign, subject_of

from .builders import DESTINATION, ON_RAMP, SOURCE, Sent

OFF_RAMP, POOL, TOKEN = b"\x0b" * 20, b"\x0c" * 20, b"\x0e" * 20
GRACE = 4

# Answers getExpectedNextSequenceNumber() with a counter + 1, and any other bare selector with nothing; otherwise counts, and
# logs what follows the first word under it.
EMITTER = (
    "3660041460225760005460010160005560203603806020600037600035906000a100"
    "5b60003560e01c634120fccd14603357005b60005460010160005260206000f3"
)
# Logs what follows the first three words under those three as topics.
EMITTER_OF_THREE = "606036038060606000376040356020356000358360" + "00a300"


@dataclass
class World:
    source: Anvil
    destination: Anvil
    rmn: dict[int, bytes]
    proxy: dict[int, bytes]
    commit_store: bytes
    monitors: list[Monitor] = field(default_factory=list)
    epoch: int = 0
    sent: list[Sent] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    before_sending: int = 0  # a block of the source without messages

    # WHAT USERS AND COMMITTERS DO

    def send(self, count: int = 1, **fields: Any) -> None:
        """Messages on the source, in blocks of their own."""
        for _ in range(count):
            sent = Sent(seq_nr=len(self.sent) + 1, **fields)
            lane_metadata = metadata(SOURCE, DESTINATION, ON_RAMP)
            leaf = read_sent(sent.log(), SOURCE, lane_metadata).leaf
            sent = replace(sent, message_id=leaf)
            transact(self.source, ON_RAMP, evm.MESSAGE_SENT + sent.encoded())
            self.sent.append(sent)
            self.leaves.append(leaf)

    def commit(self, first: int, last: int, root: bytes | None = None, epoch: int | None = None) -> bytes:
        """A quorum of committers signs and sends; the honest root unless another is given."""
        root = root or merkle_root(self.leaves[first - 1 : last])
        self.epoch = self.epoch + 1 if epoch is None else epoch
        report = encode(
            ["(((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32)"],
            [(([], []), (first, last), root)],
        )
        digest = view(self.destination, self.commit_store, "latestConfigDetails()")[64:96]
        context = [digest, (self.epoch << 8).to_bytes(32, "big"), bytes(32)]
        signed = [keys.dev_key(n).sign(keccak(keccak(report) + b"".join(context))) for n in range(3)]
        data = encode(
            ["bytes32[3]", "bytes", "bytes32[]", "bytes32[]", "bytes32"],
            [
                context,
                report,
                [r.to_bytes(32, "big") for r, _, _ in signed],
                [s.to_bytes(32, "big") for _, s, _ in signed],
                bytes(parity for _, _, parity in signed) + bytes(29),
            ],
        )
        signature = "transmit(bytes32[3],bytes,bytes32[],bytes32[],bytes32)"
        transact(self.destination, self.commit_store, keccak(signature.encode())[:4] + data)
        return root

    def execute(
        self,
        seq_nr: int,
        message_id: bytes | None = None,
        state: int = evm.SUCCESS,
        off_ramp: bytes = OFF_RAMP,
    ) -> None:
        """The off-ramp says that a message was executed."""
        transact(self.destination, off_ramp, execution(seq_nr, message_id or self.leaves[seq_nr - 1], state))

    def pay_out(self, amount: int) -> None:
        """The destination's pool says that it minted. Nothing minted: it is merely in use."""
        transact(self.destination, POOL, payout(amount))

    def deliver(self, seq_nr: int, amount: int, also: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Both in one transaction, as when a message brings tokens. The caller is a contract just created."""
        done = execution(seq_nr, self.leaves[seq_nr - 1], evm.SUCCESS)
        transact(self.destination, None, together([(OFF_RAMP, done), (POOL, payout(amount)), *also]))

    def remove(self, root: bytes) -> None:
        owner_call(
            self.destination, self.commit_store, "resetUnblessedRoots(bytes32[])", ["bytes32[]"], [[root]]
        )

    def lift(self, chain: Anvil, selector: int, subject: bytes) -> None:
        reviewed = view(chain, self.rmn[selector], "votesHash(bytes16)", ["bytes16"], [subject])
        owner_call(
            chain, self.rmn[selector], "uncurse(bytes16,bytes32)", ["bytes16", "bytes32"], [subject, reviewed]
        )

    def curse_vote(self, monitor: int) -> bytes:
        """A call that carries one monitor's vote against the source, on the destination."""
        chain, rmn, subject = self.destination, self.rmn[DESTINATION], subject_of(SOURCE)
        key = keys.dev_key(curse_key(monitor))
        asked = views.curse_nonce(rmn, subject, key.address)
        call = {"to": "0x" + rmn.hex(), "data": "0x" + asked.data.hex()}
        nonce = int(chain.rpc("eth_call", call, "latest"), 16)
        version = views.as_monitors(view(chain, rmn, "getMonitors()")).config_version
        curse = Curse(subject, nonce, chain.timestamp() + 300, b"\x01" * 32)
        domain = Domain(chain.options.chain_id, rmn)
        vote = sign(Permit(digest(curse, version, domain), curse, version, domain), key)
        return views.curse_call(curse, vote)

    # WHAT HAPPENS THEN

    async def settle(self, cycles: int = 1, monitors: Sequence[Monitor] | None = None) -> None:
        """Blocks on both chains, then a cycle of every monitor; as often as asked."""
        for _ in range(cycles):
            self.source.mine()
            self.destination.mine()
            for monitor in self.monitors if monitors is None else monitors:
                await monitor.cycle()

    async def until(self, condition: Callable[[], bool], monitors: Sequence[Monitor] | None = None) -> None:
        """Settle until something is so. Fails the test if it doesn't come to pass."""
        for _ in range(40):
            if condition():
                return
            await self.settle(1, monitors)
        raise AssertionError(f"never: {[monitor.status() for monitor in self.monitors]}")

    async def bless_first(self, count: int = 2) -> bytes:
        """The first messages, sent, committed and blessed; their root."""
        self.before_sending = self.source.block_number()
        self.send(count)
        root = self.commit(1, count)
        await self.until(lambda: self.is_blessed(root))
        return root

    # WHAT THE CHAINS SAY

    def is_blessed(self, root: bytes) -> bool:
        return bool(
            int.from_bytes(
                view(self.destination, self.commit_store, "isBlessed(bytes32)", ["bytes32"], [root])
            )
        )

    def is_cursed(self, on: int = DESTINATION, subject: bytes | None = None) -> bool:
        other = SOURCE if on == DESTINATION else DESTINATION
        chain = self.destination if on == DESTINATION else self.source
        answer = view(chain, self.rmn[on], "isCursed(bytes16)", ["bytes16"], [subject or subject_of(other)])
        return bool(int.from_bytes(answer))

    def anomalies(self) -> set[str]:
        return {held.evidence.anomaly for monitor in self.monitors for held in monitor.journal.held()}

    def alerts(self) -> set[str]:
        return {alert["anomaly"] for monitor in self.monitors for alert in monitor.journal.alerts()}

    def sendings_of(self, monitor: Monitor) -> int:
        """How many transactions a monitor's account has sent on the destination."""
        account = "0x" + monitor._bless_key.address.hex()
        return int(self.destination.rpc("eth_getTransactionCount", account, "latest"), 16)


def execution(seq_nr: int, message_id: bytes, state: int) -> bytes:
    data = encode(["uint8", "bytes"], [state, b""])
    return evm.EXECUTION_STATE + seq_nr.to_bytes(32, "big") + message_id + data


def payout(amount: int) -> bytes:
    return keccak(b"Minted(address,address,uint256)") + bytes(64) + amount.to_bytes(32, "big")


def together(calls: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A program that makes these calls, to be sent as if it were a contract to be created."""
    size = sum(len(_call(0, 0, to)) for to, _ in calls) + 1
    program, tail = b"", b""
    for to, data in calls:
        program += _call(len(data), size + len(tail), to)
        tail += data
    return program + b"\x00" + tail


def _call(length: int, at: int, to: bytes) -> bytes:
    """CODECOPY the call data, then CALL with it and nothing else, and forget the outcome."""
    copy = b"\x61" + length.to_bytes(2, "big") + b"\x61" + at.to_bytes(2, "big") + bytes.fromhex("600039")
    nothing = bytes.fromhex("60006000") + b"\x61" + length.to_bytes(2, "big") + bytes.fromhex("60006000")
    return copy + nothing + b"\x73" + to + bytes.fromhex("5af150")


def transact(chain: Anvil, to: bytes | None, data: bytes) -> dict[str, Any]:
    """A transaction of the owner, mined at once; fails the test if it reverts."""
    owner = chain.rpc("eth_accounts")[0]
    call: dict[str, Any] = {"from": owner, "data": "0x" + data.hex(), "gas": hex(9_000_000)}
    if to is not None:
        call["to"] = "0x" + to.hex()
    sent = chain.rpc("eth_sendTransaction", call)
    while (receipt := chain.rpc("eth_getTransactionReceipt", sent)) is None:
        pass
    assert receipt["status"] == "0x1", receipt
    return dict(receipt)


def owner_call(chain: Anvil, to: bytes, signature: str, types: Sequence[str], values: Sequence[Any]) -> None:
    transact(chain, to, keccak(signature.encode())[:4] + encode(types, values))


def view(
    chain: Anvil, to: bytes, signature: str, types: Sequence[str] = (), values: Sequence[Any] = ()
) -> bytes:
    data = keccak(signature.encode())[:4] + encode(types, values)
    answer = chain.rpc("eth_call", {"to": "0x" + to.hex(), "data": "0x" + data.hex()}, "latest")
    return bytes.fromhex(answer[2:])


def install(chain: Anvil, address: bytes, code: str) -> None:
    chain.rpc("anvil_setCode", "0x" + address.hex(), "0x" + code)


def deploy(chain: Anvil, name: str, types: Sequence[str], values: Sequence[Any]) -> bytes:
    receipt = transact(chain, None, artifacts.load(name).bytecode + encode(types, values))
    return bytes.fromhex(receipt["contractAddress"][2:])


def bless_key(n: int) -> int:
    return 10 + n


def curse_key(n: int) -> int:
    return 14 + n


def build(source: Anvil, destination: Anvil) -> World:
    """Contracts on both chains, with the same four monitors."""
    if "CommitStore" not in artifacts.names():
        compile_contracts()
    rmn, proxy = {}, {}
    for selector, chain in ((SOURCE, source), (DESTINATION, destination)):
        rmn[selector] = deploy(chain, "RMN", ["address"], [bytes(19) + b"\x01"])
        proxy[selector] = deploy(chain, "RMNProxy", ["address"], [rmn[selector]])
        set_monitors(chain, rmn[selector], all_monitors())
    install(source, ON_RAMP, EMITTER)
    for address in (OFF_RAMP, POOL):
        install(destination, address, EMITTER_OF_THREE)
    static = (DESTINATION, SOURCE, ON_RAMP, proxy[DESTINATION])
    store = deploy(destination, "CommitStore", ["(uint64,uint64,address,address)"], [static])
    set_committers(destination, store, 4, 1)
    return World(source, destination, rmn, proxy, store)


def set_monitors(
    chain: Anvil, rmn: bytes, monitors: Sequence[tuple[bytes, bytes]], bless: int = 3, curse: int = 2
) -> None:
    types = ["(address,address)[]", "uint8", "uint8"]
    owner_call(chain, rmn, f"setMonitors({','.join(types)})", types, [monitors, bless, curse])


def all_monitors() -> list[tuple[bytes, bytes]]:
    return [(keys.dev_key(bless_key(n)).address, keys.dev_key(curse_key(n)).address) for n in range(4)]


def set_committers(chain: Anvil, store: bytes, count: int, f: int, also: Sequence[bytes] = ()) -> None:
    """The first `count` of Anvil's accounts sign and transmit; or others in place of the last of them."""
    who = [*(keys.dev_key(n).address for n in range(count - len(also))), *also]
    config = [who, who, f, encode(["address"], [b"\x01" * 20]), 1, b""]
    types = ["address[]", "address[]", "uint8", "bytes", "uint64", "bytes"]
    owner_call(chain, store, f"setOCR2Config({','.join(types)})", types, config)


def config_for(world: World, n: int, directory: Path, **changes: Any) -> Config:
    routes = changes.pop("routes", {})
    pools = changes.pop("pools", (Pool(POOL, TOKEN, 18),))
    pools_of_source = changes.pop("pools_of_source", ())
    of_destination = ("prices", "expected", "router", "registry", "former_rmns")
    there = {key: changes.pop(key) for key in of_destination if key in changes}

    def chain(name: str, selector: int, chain_id: int, anvil: Anvil, **more: Any) -> Chain:
        return Chain(
            name,
            selector,
            chain_id,
            tuple(Rpc(url) for url in (*routes.get(selector, (anvil.url,)), anvil.url)),
            None,
            0,
            world.rmn[selector],
            world.proxy[selector],
            GRACE,
            **more,
        )

    fields: dict[str, Any] = {
        "name": f"monitor-{n}",
        "directory": directory / f"monitor-{n}",
        "listen": ("127.0.0.1", 0),
        "peers": (),
        "bless": KeySource(dev_key_index=bless_key(n)),
        "curse": KeySource(dev_key_index=curse_key(n)),
        "relay": None,
        "chains": (
            chain("a", SOURCE, 31337, world.source, pools=pools_of_source),
            chain("b", DESTINATION, 1337, world.destination, pools=pools, **there),
        ),
        "lanes": (Lane(SOURCE, DESTINATION, ON_RAMP, world.commit_store, OFF_RAMP),),
        "simulated_independence": True,
    }
    return Config(**{**fields, **changes})


def monitor_for(config: Config, client: Http) -> Monitor:
    bless, curse = keys.load(config.bless), keys.load(config.curse)
    return Monitor(config, bless, curse, bless, client)


@asynccontextmanager
async def monitored(world: World, directory: Path, count: int = 4, **changes: Any) -> AsyncIterator[World]:
    """Monitors that hear each other over real HTTP, each with its own stores."""
    client = Http(20)
    async with anyio.create_task_group() as group:
        ports = []
        for n in range(count):
            pages = {"/votes": lambda n=n: world.monitors[n].votes() if n < len(world.monitors) else []}
            ports.append(await group.start(serve, ("127.0.0.1", 0), pages))
        try:
            for n in range(count):
                peers = [f"http://127.0.0.1:{port}" for at, port in enumerate(ports) if at != n]
                world.monitors.append(
                    monitor_for(config_for(world, n, directory, **{"peers": tuple(peers), **changes}), client)
                )
            yield world
        finally:
            for monitor in world.monitors:
                monitor.close()
            await client.aclose()
            group.cancel_scope.cancel()


def answer_of(raw: bytes, types: Sequence[str]) -> tuple[Any, ...]:
    return decode(types, raw)
