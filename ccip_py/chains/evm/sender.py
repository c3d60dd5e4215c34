"""The one sender of a key: persist, sign, broadcast, watch. What to do is decided in `sending`; this does it.

Promises: nothing is broadcast that is not in the journal first, so a restart at any moment neither loses nor
doubles a transaction; the chain id is under every signature; at most `in_flight` are not mined. What a sender does
not promise is that the work is still wanted: callers compare with a fresh view before they `send`, and decide anew
when an entry ends LOST.

    sender = Sender(rpc, signer, journal)          one per (key, chain), ever
    entry = await sender.send(to, data, purpose="commit")    ContractRefused if it would revert now
    changed = await sender.step(heads)             once per cycle
    entry = await sender.wait(entry.id)            until mined (for scripts and tests)
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import anyio

from ccip_py.chains.evm.blocks import BadBlock, block_of, to_int
from ccip_py.chains.evm.endpoint import Request, RpcRefused
from ccip_py.chains.evm.reverts import refusal
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.evm.sending import (
    FILLER_GAS,
    Action,
    Attempt,
    Broadcast,
    Entry,
    Facts,
    Intent,
    Policy,
    Receipt,
    State,
    assign,
    decide,
    questions,
)
from ccip_py.chains.evm.transactions import Signed, Signer, Transaction, sign
from ccip_py.chains.ports import Heads
from ccip_py.errors import NotYet
from ccip_py.protocol.ids import Address


class SenderJournal(Protocol):
    """Where a sender's entries outlive the process. `save` replaces by id and returns when the entry is on disk; one that
    need not be durable may be lost with the machine's power, but not with the process."""

    def load(self) -> Sequence[Entry]:
        """The entries that are still open."""
        ...

    def save(self, entry: Entry, *, durable: bool = True) -> None: ...

    def next_id(self) -> int:
        """Above the id of every entry ever saved."""
        ...


class MemoryJournal:
    """A journal that dies with the process: for tests and one-off scripts, never for a node."""

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}

    def load(self) -> Sequence[Entry]:
        """Open entries."""
        return [entry for entry in self.entries.values() if entry.open]

    def save(self, entry: Entry, *, durable: bool = True) -> None:
        """Keep the entry."""
        self.entries[entry.id] = entry

    def next_id(self) -> int:
        """One more than there are."""
        return max(self.entries, default=0) + 1


class Busy(NotYet):
    """As many transactions as allowed are under way."""

    default_code = "SENDER_BUSY"


Watcher = Callable[[str, Entry, str], None]
"""Told what happens: "broadcast", "refused", "mined", "final", "lost", "pending"; the entry; the node's words."""


def _nobody(_event: str, _entry: Entry, _words: str) -> None:
    return None


class Sender:
    """Sends the transactions of one key on one chain."""

    def __init__(
        self,
        rpc: Rpc,
        signer: Signer,
        journal: SenderJournal,
        *,
        policy: Policy | None = None,
        watcher: Watcher = _nobody,
    ) -> None:
        self._rpc, self._signer, self._journal = rpc, signer, journal
        self._policy, self._watcher = policy or Policy(), watcher
        self._lock = anyio.Lock()
        self._entries: dict[int, Entry] | None = None

    @property
    def address(self) -> Address:
        """The account that pays."""
        return self._signer.address

    async def send(
        self,
        to: Address | None,
        data: bytes,
        *,
        value: int = 0,
        gas_limit: int | None = None,
        purpose: str = "",
    ) -> Entry:
        """Take on a transaction and broadcast it once. ContractRefused if it would revert now, Busy if full.

        When this returns the transaction is in the journal: later steps see to it, whatever the node said.
        """
        async with self._lock:
            entries = await self._loaded()
            if gas_limit is None:
                gas_limit = await self._estimate(to, data, value)
            facts = await self._facts(None)
            intent = Intent(to, data, gas_limit, value, purpose)
            entry = assign(intent, list(entries.values()), facts, self._policy)
            if entry is None:
                raise Busy("too many transactions are under way", context={"limit": self._policy.in_flight})
            return await self._broadcast(entry)

    async def step(self, heads: Heads | None = None) -> list[Entry]:
        """Look at the chain once and do what is due; returns the entries that changed state.

        Without `heads`, nothing becomes final or lost.
        """
        async with self._lock:
            entries = await self._loaded()
            if not entries:
                return []
            facts = await self._facts_about(list(entries.values()), await self._facts(heads))
            changed: list[Entry] = []
            for action in decide(list(entries.values()), facts, self._policy):
                before = entries.get(action.entry.id)
                after = await self._do(action)
                if before is not None and before.state is not after.state:
                    self._watcher(after.state.value, after, "")
                    changed.append(after)
            return changed

    async def entries(self) -> tuple[Entry, ...]:
        """What is open."""
        async with self._lock:
            return tuple((await self._loaded()).values())

    async def wait(self, entry_id: int, pause: float = 0.1) -> Entry:
        """Step until the entry is mined or ended, `pause` seconds apart. Bound it with a timeout of your own."""
        while True:
            async with self._lock:
                entry = (await self._loaded()).get(entry_id)
            if entry is None:
                raise NotYet("no such transaction is open here", context={"id": entry_id})
            if entry.state is not State.PENDING:
                return entry
            for changed in await self.step():
                if changed.id == entry_id and changed.state is not State.PENDING:
                    return changed
            await anyio.sleep(pause)

    # Doing

    async def _do(self, action: Action) -> Entry:
        if isinstance(action, Broadcast):
            return await self._broadcast(action.entry)
        self._keep(action.entry, durable=False)  # the chain has it, and would show it again
        return action.entry

    async def _broadcast(self, entry: Entry) -> Entry:
        self._keep(entry)
        chain_id = await self._chain_id()
        entry, signed = self._signed(entry, chain_id)
        self._remember(entry)
        answers = await self._rpc.ask_everyone("eth_sendRawTransaction", _hex(signed.raw), skip_resting=True)
        words = [str(answer) for answer in answers if not isinstance(answer, str)]
        accepted = len(words) < len(answers) or any("already" in word for word in words)
        self._watcher("broadcast" if accepted else "refused", entry, "; ".join(words))
        return entry

    def _keep(self, entry: Entry, *, durable: bool = True) -> None:
        """Journal first, memory second."""
        self._journal.save(entry, durable=durable)
        self._remember(entry)

    def _remember(self, entry: Entry) -> None:
        """Hashes need no disk: signing again gives them again."""
        entries = self._entries if self._entries is not None else {}
        if entry.open:
            entries[entry.id] = entry
        else:
            entries.pop(entry.id, None)

    def _signed(self, entry: Entry, chain_id: int) -> tuple[Entry, Signed]:
        """The last attempt, signed; the entry with the hash of every attempt."""
        attempts: list[Attempt] = []
        for attempt in entry.attempts:
            transaction = self._transaction(entry, attempt, chain_id)
            signed = sign(transaction, self._signer)
            attempts.append(replace(attempt, hash=signed.hash))
        return replace(entry, attempts=tuple(attempts)), signed

    def _transaction(self, entry: Entry, attempt: Attempt, chain_id: int) -> Transaction:
        """What was intended, or nothing at all, sent to ourselves."""
        intent = Intent(self.address, b"", FILLER_GAS) if attempt.purge else entry.intent
        return Transaction(
            chain_id=chain_id,
            nonce=entry.nonce,
            max_priority_fee=attempt.max_priority_fee,
            max_fee=attempt.max_fee,
            gas_limit=intent.gas_limit,
            to=intent.to,
            value=intent.value,
            data=intent.data,
        )

    # Looking

    async def _loaded(self) -> dict[int, Entry]:
        """Open entries, read once; what a crash kept from being broadcast is due at once."""
        if self._entries is None:
            chain_id = await self._chain_id()
            loaded = [self._signed(entry, chain_id)[0] for entry in self._journal.load()]
            self._entries = {entry.id: replace(entry, broadcast_at=-1) for entry in loaded}
        return self._entries

    async def _chain_id(self) -> int:
        if self._rpc.chain_id is None:
            await self._rpc.call("eth_chainId")
        if self._rpc.chain_id is None:
            raise NotYet("the chain has not said its id")
        return self._rpc.chain_id

    async def _estimate(self, to: Address | None, data: bytes, value: int) -> int:
        call = {"from": _hex(self.address), "data": _hex(data), "value": hex(value)}
        if to is not None:
            call["to"] = _hex(to)
        try:
            estimate = to_int(await self._rpc.call("eth_estimateGas", call))
        except RpcRefused as refused:
            if refused.data is None:
                raise
            raise refusal(refused.data) from refused
        return estimate + estimate * self._policy.gas_margin_permille // 1000

    async def _facts(self, heads: Heads | None) -> Facts:
        """What concerns all transactions of the key."""
        account = _hex(self.address)
        requests: list[Request] = [
            ("eth_getBlockByNumber", ("latest", False)),
            ("eth_maxPriorityFeePerGas", ()),
            ("eth_getTransactionCount", (account, "latest")),
            ("eth_getTransactionCount", (account, "pending")),
            ("eth_getTransactionCount", (account, hex(heads.finalized.number) if heads else "latest")),
        ]
        block, tip, nonce, pending, finalized_nonce = await self._rpc.batch(requests)
        return Facts(
            account=self.address,
            latest=block_of(block).number,
            finalized=heads.finalized.number if heads else -1,
            nonce=to_int(nonce),
            nonce_pending=to_int(pending),
            nonce_finalized=to_int(finalized_nonce) if heads else 0,
            base_fee=to_int(block.get("baseFeePerGas", "0x0")),
            tip=to_int(tip),
            receipts={},
            in_pool=frozenset(),
            next_id=self._journal.next_id(),
        )

    async def _facts_about(self, entries: Sequence[Entry], facts: Facts) -> Facts:
        """And what concerns each of these."""
        asked = questions(entries, facts)
        requests: list[Request] = [("eth_getTransactionReceipt", (_hex(h),)) for h in asked.receipts]
        requests += [("eth_getTransactionByHash", (_hex(h),)) for h in asked.in_pool]
        found = await self._rpc.batch(requests)
        receipts = zip(asked.receipts, found, strict=False)
        known = zip(asked.in_pool, found[len(asked.receipts) :], strict=True)
        return replace(
            facts,
            receipts={h: _receipt(raw) for h, raw in receipts if raw is not None},
            in_pool=asked.surely_in_pool | {h for h, raw in known if raw is not None},
        )


def _receipt(raw: Any) -> Receipt:
    if not isinstance(raw, dict):
        raise BadBlock("the node sent no receipt")
    return Receipt(to_int(raw.get("blockNumber")), to_int(raw.get("status")) == 1)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
