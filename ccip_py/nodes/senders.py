"""The senders of a node: one per chain it writes to, what is told of them, and the loops that see to what was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from anyio.abc import TaskGroup

from ccip_py.chains.deployment import LaneDeployment
from ccip_py.chains.evm.sender import Sender, Watcher
from ccip_py.chains.evm.sending import Entry, Policy
from ccip_py.chains.evm.transactions import Signer
from ccip_py.protocol.ids import ChainSelector

from .chain_link import UNTOLD, ChainLink, on_new_blocks
from .cycle import Pace, run_cycles
from .journal import Journal
from .log import Event, Log
from .metrics import Metrics
from .outbox import Outbox

LOUD = ("refused", "lost")
"""What becomes of a transaction and a person may want to hear of at once: no money, a foreign hand on the key."""


def make_senders(
    lanes: Sequence[LaneDeployment],
    links: Mapping[ChainSelector, ChainLink],
    journal: Journal,
    signer: Signer | None,
    policy: Policy,
    watcher: Callable[[str], Watcher],
) -> dict[ChainSelector, Sender]:
    """One sender per destination: lanes into the same chain share it, since they share the key."""
    if signer is None:
        return {}
    return {
        selector: Sender(
            links[selector].rpc,
            signer,
            Outbox(journal, selector),
            policy=policy,
            watcher=watcher(links[selector].facts.name),
        )
        for selector in dict.fromkeys(lane.destination for lane in lanes)
    }


def sender_watcher(log: Log, metrics: Metrics) -> Callable[[str], Watcher]:
    """Count what becomes of transactions, by chain; and say what no node would take, or what was lost."""

    def of_chain(chain: str) -> Watcher:
        def watch(event: str, entry: Entry, words: str) -> None:
            metrics.transactions.labels(chain, event).inc()
            if event in LOUD:
                about = {"nonce": entry.nonce, "purpose": entry.intent.purpose, "words": words}
                log.warning(Event.TRANSACTION, chain=chain, became=event, **about)

        return watch

    return of_chain


@dataclass(frozen=True, slots=True)
class Watched:
    """A sender, and the chain where what it sent must be seen to."""

    link: ChainLink
    sender: Sender

    async def cycle(self) -> None:
        """Rebroadcast, raise the price, notice what was lost."""
        if await self.sender.entries():
            await self.sender.step(await self.link.heads.pin())

    async def weigh(self, metrics: Metrics) -> None:
        """Show what the key has left to pay with."""
        wei = await self.link.rpc.call("eth_getBalance", "0x" + self.sender.address.hex(), "latest")
        metrics.balance.labels(self.link.facts.name).set(int(wei, 16) / 10**18)


def watch_sent(tasks: TaskGroup, watched: Watched, log: Log, metrics: Metrics) -> None:
    """See to what was sent, for as long as the node runs."""
    chain = watched.link.facts.name
    news = on_new_blocks(watched.link)
    tasks.start_soon(run_cycles, f"sender {chain}", watched.cycle, Pace(pause=UNTOLD), log, metrics, news)

    async def weigh() -> None:
        await watched.weigh(metrics)

    tasks.start_soon(run_cycles, f"balance {chain}", weigh, Pace(pause=30.0), log, metrics)
