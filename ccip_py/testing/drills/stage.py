"""What all drills need: messages to send, moments to measure, an owner who cleans up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ccip_py.deploy import devnet as roles
from ccip_py.deploy.admin import uncurse
from ccip_py.deploy.keys import dev_address
from ccip_py.devnet.network import Network
from ccip_py.errors import NotYet
from ccip_py.nodes.journal import Journal
from ccip_py.nodes.reviewed import accept, changed
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address
from ccip_py.protocol.journey import Stage
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.evm import Function
from ccip_py.sdk.types import SentMessage

EXECUTED = "0x" + keccak(b"ExecutionStateChanged(uint64,bytes32,uint8,bytes)").hex()
SUCCESS = 2
NEXT = Function("getExpectedNextSequenceNumber", (), ("uint64",))
BOTH_ENDS = (("b", "a"), ("a", "b"))  # (on, against): a curse of a lane's source stands on both
MOMENT_S = 0.05
PATIENCE_S = 300.0


@dataclass(frozen=True, slots=True)
class Box:
    """A running network, its folder, and a receiver on each chain."""

    network: Network
    folder: Path
    inbox: Mapping[str, Address]

    # Messages from a to b

    def send(self, user: int = 0) -> SentMessage:
        """One ordinary message, mined."""
        return self.network.ccip.send(
            "a",
            "b",
            checksum(self.inbox["b"]),
            signer=self.network.users[user],
            data=b"drill",
            gas_limit=200_000,
            out_of_order=True,
        )

    def send_many(self, count: int) -> list[SentMessage]:
        """Many of them, quickly: the source mines each at once meanwhile."""
        users = len(self.network.users)
        share = [count // users + (n < count % users) for n in range(users)]
        chain = self.network.anvils["a"]
        chain.automine(True)
        try:
            with ThreadPoolExecutor() as pool:
                return [sent for some in pool.map(self._send_some, range(users), share) for sent in some]
        finally:
            chain.automine(False)
            # Anvil forgets its clock when it is told to mine at once; without it nothing more becomes final.
            chain.set_block_time(self.network.options.block_times[0])

    def _send_some(self, user: int, count: int) -> list[SentMessage]:
        return [self.send(user) for _ in range(count)]

    def stage_of(self, sent: SentMessage) -> Stage:
        return self.network.ccip.look(sent).stage

    def committed(self) -> int:
        """The highest number that is committed on b."""
        return int(self.network.read("b", self.network.lane("a", "b").commit_store, NEXT)) - 1

    def all_executed(self, messages: list[SentMessage]) -> bool:
        """All of them succeeded on b."""
        done = succeeded(self.network, "b", {sent.lane.off_ramp for sent in messages})
        return all(sent.message_id.to_0x_hex() in done for sent in messages)

    # Moments

    def moments(self, **events: Callable[[], bool]) -> dict[str, float]:
        """When each of these first came true, by this machine's clock."""
        seen: dict[str, float] = {}
        deadline = time.monotonic() + PATIENCE_S
        while len(seen) < len(events):
            self.network.check()
            for name, happened in events.items():
                if name not in seen and happened():
                    seen[name] = time.monotonic()
            if time.monotonic() > deadline:
                raise NotYet(f"waited {PATIENCE_S:g} s in vain for {sorted(events.keys() - seen.keys())}")
            time.sleep(MOMENT_S)
        return seen

    def moment(self, event: Callable[[], bool]) -> float:
        return self.moments(it=event)["it"]

    def cursed_after(self, fact_is_final: Callable[[], bool]) -> tuple[float, float]:
        """Seconds from a fact being final until each end is cursed: (on b, on a)."""
        seen = self.moments(
            final=fact_is_final,
            b=lambda: self.network.is_cursed("b", "a"),
            a=lambda: self.network.is_cursed("a", "b"),
        )
        return seen["b"] - seen["final"], seen["a"] - seen["final"]

    def is_final(self, chain: str, block: int) -> bool:
        return self.network.anvils[chain].block_number("finalized") >= block

    def let_blocks_pass(self, chain: str = "b", count: int = 8) -> None:
        """Time for something that must not happen."""
        end = self.network.anvils[chain].block_number() + count
        self.network.wait_until(
            f"block {end} of {chain}", lambda: self.network.anvils[chain].block_number() >= end
        )

    # The owner

    def lift(self) -> None:
        """Lift the curse at both ends, quoting the votes."""
        for on, against in BOTH_ENDS:
            uncurse(self.network.owner_console(on), self.network.chain(against).selector)

    def monitors_argument(self) -> list[dict[str, Address]]:
        """The monitors as `RMN.setMonitors` takes them."""
        pairs = zip(roles.BLESSERS, roles.CURSERS, strict=True)
        return [{"blessKey": dev_address(bless), "curseKey": dev_address(curse)} for bless, curse in pairs]

    def accept_history(self, chain: str) -> None:
        """What the operators of committers and executors do once a changed history was reviewed."""
        facts, keys = self.network.chain(chain), (*roles.COMMITTERS, *roles.EXECUTORS)
        for node, key in zip([*self.network.committers, *self.network.executors], keys, strict=False):
            node.stop()
            home = self.folder / node.name.replace(" ", "-")
            with Journal.open(home, dev_address(key)) as journal:
                if changed(journal, facts):
                    self.network.host.call(accept, journal, home, facts, [facts.rpc_url])
            node.start()


def succeeded(network: Network, chain: str, off_ramps: Iterable[Address]) -> set[str]:
    """Ids of all messages that were executed with success. One question however many they are, so that asking is no
    part of what is timed."""
    addresses = [checksum(off_ramp) for off_ramp in off_ramps]
    query = {"address": addresses, "topics": [EXECUTED], "fromBlock": "0x0", "toBlock": "latest"}
    logs = network.anvils[chain].rpc("eth_getLogs", query)
    return {log["topics"][2] for log in logs if int(log["data"][2:66], 16) == SUCCESS}
