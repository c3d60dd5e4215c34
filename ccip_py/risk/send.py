"""Transactions: signed here, written down before they go out, replaced when they are stuck.

A monitor sends few transactions, and every one of them is a wish that the chain can be asked about
("is this blessed?", "is this cursed?"). So this file never tracks success. It only sees to it that a
nonce is used once, that a stuck transaction is replaced by a dearer one, and that a restart knows
what is under way. The decision to send at all is made anew on each cycle, from the chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ccip_py.risk.config import Chain
from ccip_py.risk.keccak import keccak
from ccip_py.risk.keys import Key
from ccip_py.risk.rpc import Endpoint, EndpointDown, Endpoints, Refused
from ccip_py.risk.store import Journal, Sending
from ccip_py.risk.trie import Item, integer, rlp

# Blocks without inclusion before a transaction is replaced, and by how much dearer (nodes want 10 %).
PATIENCE_BLOCKS = 4
BUMP_PER_MILLE = 1125
# A stop must go through in a fee storm, but a broken node must not empty the wallet: 10,000 gwei.
FEE_CAP = 10_000 * 10**9
# Dry runs that fail in a row before it is worth an alarm.
ALARMING_REFUSALS = 3
# More than this under way means that something is wrong: stop adding to the pile.
MAX_UNDER_WAY = 16


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing to be done on a chain. Two wishes with the same purpose are the same wish."""

    purpose: str
    to: bytes
    data: bytes


def sign_transaction(
    key: Key, chain_id: int, nonce: int, tip: int, fee: int, gas: int, to: bytes, data: bytes
) -> bytes:
    """An EIP-1559 transaction without value: 0x02, then the fields and the signature in RLP."""
    fields: list[Item] = [
        integer(chain_id),
        integer(nonce),
        integer(tip),
        integer(fee),
        integer(gas),
        to,
        b"",  # value
        data,
        [],  # access list
    ]
    r, s, parity = key.sign(keccak(b"\x02" + rlp(fields)))
    return b"\x02" + rlp([*fields, integer(parity), integer(r), integer(s)])


class Sender:
    """One account on one chain.

    What is under way is in the journal, by nonce. A nonce that the chain has used is forgotten; one that is stuck for
    `PATIENCE_BLOCKS` is sent again, dearer, or turned into nothing if nobody wishes for it any more; a gap that a lost
    transaction left is filled by the next wish. So whatever happens in between, the wishes of today get through.
    """

    def __init__(self, chain: Chain, endpoints: Endpoints, key: Key, journal: Journal) -> None:
        self._chain = chain
        self._endpoints = endpoints
        self._key = key
        self._journal = journal
        self._refused: dict[str, int] = {}

    async def grant(self, wishes: Sequence[Wish], head: int) -> list[str]:
        """Send what is wished for and not under way yet. Returns what failed, in words.

        Tries the endpoints in turn: for sending, one that works is enough.
        """
        known = self._journal.sendings(self._chain.chain_id)
        if not wishes and not known:
            return []
        failures: list[str] = []
        for endpoint in self._endpoints.all:
            try:
                return await self._grant(endpoint, wishes, head)
            except (EndpointDown, Refused) as error:
                failures.append(f"{self._chain.name}: {error}")
        return failures

    async def _grant(self, endpoint: Endpoint, wishes: Sequence[Wish], head: int) -> list[str]:
        """With one endpoint: forget what was mined, push what is stuck, send what is new."""
        account = "0x" + self._key.address.hex()
        mined, block, tip = await endpoint.batch(
            [
                ("eth_getTransactionCount", (account, "latest")),
                ("eth_getBlockByNumber", ("latest", False)),
                ("eth_maxPriorityFeePerGas", ()),
            ]
        )
        if isinstance(mined, Refused) or isinstance(block, Refused):
            raise EndpointDown(f"{endpoint.name}: no account state")
        base = int(block["baseFeePerGas"], 16)
        tip_wei = 10**9 if isinstance(tip, Refused) else max(1, int(tip, 16))
        nonce = int(mined, 16)
        self._journal.forget_sendings(self._chain.chain_id, nonce)
        under_way = self._journal.sendings(self._chain.chain_id)
        wished = {wish.purpose for wish in wishes}
        for sending in under_way:
            if head - sending.block >= PATIENCE_BLOCKS:
                await self._again(endpoint, sending, base, tip_wei, head, sending.purpose in wished)
        return await self._new(endpoint, wishes, under_way, nonce, base, tip_wei, head)

    async def _new(
        self,
        endpoint: Endpoint,
        wishes: Sequence[Wish],
        under_way: Sequence[Sending],
        nonce: int,
        base: int,
        tip: int,
        head: int,
    ) -> list[str]:
        """Send each new wish under the next free nonce, if a dry run says that it would do something."""
        failures = []
        busy = {sending.purpose for sending in under_way}
        used = {sending.nonce for sending in under_way}
        for wish in wishes:
            if wish.purpose in busy:
                continue
            if len(used) >= MAX_UNDER_WAY:
                failures.append(f"{self._chain.name}: {len(used)} transactions are stuck")
                break
            try:
                gas = await self._estimate(endpoint, wish)
            except Refused as error:
                failures += self._count_refusal(wish, error)
                continue
            self._refused.pop(wish.purpose, None)
            # The lowest free one: it also fills a gap that a lost transaction left.
            free = next(n for n in range(nonce, nonce + MAX_UNDER_WAY + 1) if n not in used)
            used.add(free)
            busy.add(wish.purpose)
            fee = min(FEE_CAP, 2 * base + tip)
            raw = sign_transaction(
                self._key, self._chain.chain_id, free, min(tip, fee), fee, gas, wish.to, wish.data
            )
            sending = Sending(free, wish.purpose, wish.to, wish.data, fee, raw, head)
            self._journal.record_sending(self._chain.chain_id, sending)
            await self._broadcast(endpoint, sending)
        return failures

    def _count_refusal(self, wish: Wish, error: Refused) -> list[str]:
        """One refusal is a race that somebody else won. The same one again and again is a problem."""
        times = self._refused[wish.purpose] = self._refused.get(wish.purpose, 0) + 1
        if len(self._refused) > 1000:
            self._refused.clear()
        return [f"{self._chain.name}: {wish.purpose}: {error}"] if times >= ALARMING_REFUSALS else []

    async def _again(
        self, endpoint: Endpoint, sending: Sending, base: int, tip: int, head: int, still_wished: bool
    ) -> None:
        """Replace a stuck transaction, at a higher price. One nobody wishes any more becomes a no-op,
        so that its nonce doesn't hold up those behind it."""
        fee = min(FEE_CAP, max(2 * base + tip, sending.fee * BUMP_PER_MILLE // 1000 + 1))
        to, data = (sending.recipient, sending.data) if still_wished else (self._key.address, b"")
        gas = 21_000
        if still_wished:
            try:
                gas = await self._estimate(endpoint, Wish(sending.purpose, to, data))
            except Refused:
                to, data = self._key.address, b""
        # The tip is raised along with the fee: nodes compare both.
        bumped_tip = min(fee, max(tip, tip * fee // max(1, 2 * base + tip)))
        raw = sign_transaction(self._key, self._chain.chain_id, sending.nonce, bumped_tip, fee, gas, to, data)
        bumped = replace(sending, fee=fee, raw=raw, block=head)
        self._journal.record_sending(self._chain.chain_id, bumped)
        await self._broadcast(endpoint, bumped)

    async def _estimate(self, endpoint: Endpoint, wish: Wish) -> int:
        """Gas with a margin of a quarter: votes that land meanwhile change what the call does."""
        call = {
            "from": "0x" + self._key.address.hex(),
            "to": "0x" + wish.to.hex(),
            "data": "0x" + wish.data.hex(),
        }
        return int(await endpoint.call("eth_estimateGas", call), 16) * 5 // 4

    async def _broadcast(self, endpoint: Endpoint, sending: Sending) -> None:
        """Refusals ("already known", "nonce too low") are answered by the next cycle, not here."""
        try:
            await endpoint.call("eth_sendRawTransaction", "0x" + sending.raw.hex())
        except Refused:
            return
