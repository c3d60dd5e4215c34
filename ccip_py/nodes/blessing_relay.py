"""Carries blessings to the chain when nobody else did.

Monitors relay in an order of their own, which they can compute without knowing any executor. So executors stand
behind them: a quorum that was known for some blocks and is still not on chain is sent by the executor whose turn it
is. Too early costs a little gas; never is what this is against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ccip_py.chains.evm.contracts import RMN
from ccip_py.chains.evm.sender import Sender
from ccip_py.chains.http import Http
from ccip_py.errors import ContractRefused
from ccip_py.execute.turns import rank
from ccip_py.protocol.blessing import Blessing
from ccip_py.protocol.codec.evm import bless_call
from ccip_py.protocol.digests import blessing_tag
from ccip_py.protocol.ids import Address, Root
from ccip_py.protocol.lane import Lane

from .chain_link import ChainLink
from .config import ExecutorConfig
from .execution_view import Seen
from .log import Event, Log, Stage
from .votes import BlessVote, VotePool, monitors_view

TRY_AGAIN_AFTER = 10  # blocks after which a relayed blessing that did not land is sent again


@dataclass(slots=True)
class BlessingRelay:
    """One executor's relaying for one lane."""

    lane: Lane
    destination: ChainLink
    pool: VotePool
    http: Http
    sender: Sender | None
    config: ExecutorConfig
    log: Log
    _quorum_since: dict[bytes, int] = field(default_factory=dict)  # by tag, in blocks of the destination
    _sent_at: dict[bytes, int] = field(default_factory=dict)

    async def relay(self, seen: Seen) -> None:
        """Look for quorums on roots that wait for a blessing, and send those whose time has come."""
        waiting = self._waiting(seen)
        self._forget(waiting)
        if not waiting or not self.pool.pages or seen.view.stopped:
            return
        rmn = self.destination.facts.rmn
        await self.pool.pull(self.http, waiting, self.destination.facts.chain_id, rmn)
        monitors = await self.destination.caller.read("latest", monitors_view(rmn))
        votes_views = [RMN(rmn).bless_votes(tag) for tag in waiting]
        counts = await self.destination.caller.read_all("latest", votes_views)
        for (tag, blessing), count in zip(waiting.items(), counts, strict=True):
            counted = count.voters if count.config_version == monitors.config_version else 0
            votes = self.pool.countable(tag, monitors, counted)
            missing = monitors.bless_threshold - counted.bit_count()
            if not count.blessed and len(votes) >= missing > 0 and self._is_due(tag, seen):
                await self._send(tag, blessing, votes[:missing], seen)

    def _waiting(self, seen: Seen) -> dict[bytes, Blessing]:
        """The statements that would bless what is committed, at the current epoch."""
        statements = (
            Blessing(
                self.lane.commit_store,
                self.lane.source,
                self.lane.on_ramp,
                each.interval.first,
                each.interval.last,
                Root(each.root),
                seen.blessing_epoch,
            )
            for each in seen.view.roots
            if not each.blessed
        )
        return {blessing_tag(blessing): blessing for blessing in statements}

    def _is_due(self, tag: bytes, seen: Seen) -> bool:
        """Whether everybody before this executor has had time. The clock is the destination's blocks."""
        block = seen.view.destination_block
        since = self._quorum_since.setdefault(tag, block)
        me = self.sender.address if self.sender else Address(bytes(20))
        turn = self.config.relay_after_blocks + self.config.relay_step_blocks * rank(
            Root(tag), me, seen.executors
        )
        sent = self._sent_at.get(tag)
        return block >= since + turn and (sent is None or block >= sent + TRY_AGAIN_AFTER)

    async def _send(self, tag: bytes, blessing: Blessing, votes: Sequence[BlessVote], seen: Seen) -> None:
        about = {"stage": Stage.BLESS, "root": bytes(blessing.root), "votes": len(votes)}
        if self.sender is None:
            self.log.info(Event.DRY, **about)
            return
        self._sent_at[tag] = seen.view.destination_block
        call = bless_call(blessing, [(vote.r, vote.vs) for vote in votes])
        try:
            await self.sender.send(self.destination.facts.rmn, call, purpose="relay a blessing")
        except ContractRefused as refused:
            self.log.info(Event.TRANSMIT_DROPPED, why=str(refused), **about)
            return
        self.log.info(Event.BLESSING_RELAYED, **about)

    def _forget(self, waiting: dict[bytes, Blessing]) -> None:
        self._quorum_since = {tag: block for tag, block in self._quorum_since.items() if tag in waiting}
        self._sent_at = {tag: block for tag, block in self._sent_at.items() if tag in waiting}
