"""What the contracts of one chain answer at its head, and what messages were quoted when they were sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ccip_py.audit.events import Attempt, Blessed, LimitsSet, PriceSet, Sent, Transmitted, Uncursed
from ccip_py.audit.history import Chain, Lane
from ccip_py.audit.quotes import read_quotes, traced_calls
from ccip_py.audit.rpc import Endpoint, EndpointError
from ccip_py.audit.words import WORD, address, number, put, signature, word

_EXPECTED_NEXT = signature("getExpectedNextSequenceNumber()")[:4]
_PRICE_ROUND = signature("getLatestPriceEpochAndRound()")[:4]
_EXECUTION_STATE = signature("getExecutionState(uint64)")[:4]
_SENDER_NONCE = signature("getSenderNonce(address)")[:4]
_CURSED_SUBJECTS = signature("getCursedSubjects()")[:4]
_EPOCH = signature("epochOf(uint64)")[:4]
_BLESS_VOTES = signature("blessVotes(bytes32)")[:4]
_OUTBOUND = signature("getCurrentOutboundRateLimiterState(uint64)")[:4]
_INBOUND = signature("getCurrentInboundRateLimiterState(uint64)")[:4]
_BALANCE = signature("balanceOf(address)")[:4]
_SUPPLY = signature("totalSupply()")[:4]
_OWNER = signature("owner()")[:4]
_TRANSMIT = signature("transmit(bytes32[3],bytes,bytes32[],bytes32[],bytes32)")[:4]
_UNCURSE = signature("uncurse(bytes16,bytes32)")[:4]

Json = dict[str, Any]
K = TypeVar("K")


def read_state(endpoint: Endpoint, chain: Chain, chains: Mapping[int, Chain], lanes: Sequence[Lane]) -> None:
    """Fill in the chain's state."""
    arriving = [lane for lane in lanes if lane.destination == chain.selector]
    leaving = [lane for lane in lanes if lane.source == chain.selector]
    _read_lanes(endpoint, chain, arriving, leaving)
    _read_attempts(endpoint, chain, chains, arriving)
    _read_curses(endpoint, chain, chains)
    _read_tokens(endpoint, chain, arriving, leaving)
    _read_rounds(endpoint, chain)
    read_quotes(endpoint, chain, {lane.on_ramp: lane.destination for lane in leaving})


def _read_lanes(endpoint: Endpoint, chain: Chain, arriving: Sequence[Lane], leaving: Sequence[Lane]) -> None:
    state, stores = chain.state, [lane.commit_store for lane in arriving]
    state.expected_next |= _known(endpoint, chain, {store: (store, _EXPECTED_NEXT) for store in stores})
    state.price_round |= _known(endpoint, chain, {store: (store, _PRICE_ROUND) for store in stores})
    ramps = {lane.on_ramp: (lane.on_ramp, _EXPECTED_NEXT) for lane in leaving}
    state.next_sent |= _known(endpoint, chain, ramps)


def _known(endpoint: Endpoint, chain: Chain, asked: Mapping[K, tuple[bytes, bytes]]) -> dict[K, int]:
    """The answers by key, without those that were refused."""
    answers = endpoint.numbers(list(asked.values()), chain.head)
    return {key: answer for key, answer in zip(asked, answers, strict=True) if answer is not None}


def _read_attempts(
    endpoint: Endpoint, chain: Chain, chains: Mapping[int, Chain], lanes: Sequence[Lane]
) -> None:
    """The state of every attempted message, and the nonce of every ordered sender among them."""
    for lane in lanes:
        sends = {sent.number: sent for sent in chains[lane.source].of(Sent, lane.on_ramp)}
        numbers = dict.fromkeys(attempt.number for attempt in chain.of(Attempt, lane.off_ramp))
        asked = {(lane.off_ramp, n): (lane.off_ramp, _EXECUTION_STATE + put(n)) for n in numbers}
        chain.state.attempts.update(_known(endpoint, chain, asked))
        ordered = {sends[n].sender for n in numbers if n in sends and sends[n].nonce}
        nonces = {(lane.off_ramp, s): (lane.off_ramp, _SENDER_NONCE + put(s)) for s in ordered}
        chain.state.nonces.update(_known(endpoint, chain, nonces))


def _read_curses(endpoint: Endpoint, chain: Chain, chains: Mapping[int, Chain]) -> None:
    """What is cursed now, the epochs, who voted for what was blessed, and who lifted what."""
    rmn = chain.rmn_at((chain.head + 1, 0, 0))
    (subjects,) = endpoint.view([(rmn, _CURSED_SUBJECTS)], chain.head)
    if subjects is None:
        raise EndpointError(f"the RMN 0x{rmn.hex()} on {chain.name} does not say what is cursed")
    start = number(subjects, 0)
    items = range(number(subjects, start))
    chain.state.cursed = frozenset(word(subjects, start + WORD + WORD * i)[:16] for i in items)
    remotes = [remote for remote in chains if remote != chain.selector]
    chain.state.epochs = _known(endpoint, chain, {r: (rmn, _EPOCH + put(r)) for r in remotes})
    tags = dict.fromkeys((blessed.at.by, blessed.tag) for blessed in chain.of(Blessed))
    answers = endpoint.view([(rmn, _BLESS_VOTES + tag) for rmn, tag in tags], chain.head)
    for key, answer in zip(tags, answers, strict=True):
        if answer:
            chain.state.votes[key] = (number(answer, 0), number(answer, WORD))
    for lift in chain.of(Uncursed):
        owner = _owner(endpoint, chain, lift)
        caller = _caller(endpoint, lift)
        if owner is not None and caller is not None:
            chain.state.lifted_by[lift.at.order] = (caller, owner)


def _owner(endpoint: Endpoint, chain: Chain, lift: Uncursed) -> bytes | None:
    """Who owned the RMN before the lift; if that state is gone, after it, or now."""
    for block in (lift.at.block - 1, lift.at.block, chain.head):
        (answer,) = endpoint.view([(lift.at.by, _OWNER)], block)
        if answer:
            return address(answer, 0)
    return None


def _caller(endpoint: Endpoint, lift: Uncursed) -> bytes | None:
    """Who called `uncurse`: the transaction's sender, or by the trace. None if the node does not trace."""
    transaction = endpoint.ask("eth_getTransactionByHash", lift.at.hash)
    if (transaction["to"] or "").lower() == "0x" + lift.at.by.hex():
        return bytes.fromhex(transaction["from"][2:])
    for call in traced_calls(endpoint, lift.at.hash):
        to_rmn = call.get("to", "").lower() == "0x" + lift.at.by.hex()
        if to_rmn and call.get("input", "").startswith("0x" + _UNCURSE.hex()):
            return bytes.fromhex(call["from"][2:])
    return None


def _read_tokens(endpoint: Endpoint, chain: Chain, arriving: Sequence[Lane], leaving: Sequence[Lane]) -> None:
    """Supplies, what pools and contracts hold, and how full the limiters are."""
    state = chain.state
    ours = {chain.router, chain.rmn, chain.rmn_proxy, chain.fee_quoter, *chain.on_ramps}
    ours |= {lane.on_ramp for lane in leaving}
    ours |= {each for lane in arriving for each in (lane.off_ramp, lane.commit_store)}
    _read_coins(endpoint, chain, ours)
    accounts = [(holder, token) for holder in ours for token in chain.tokens.keys() | chain.fee_tokens]
    accounts += list(chain.pools.items())
    accounts += [(box, chain.pools[pool]) for pool, box in chain.boxes.items()]
    asked = {(holder, token): (token, _BALANCE + put(holder)) for holder, token in accounts}
    state.balances = _known(endpoint, chain, asked)
    state.supplies = _known(endpoint, chain, {token: (token, _SUPPLY) for token in chain.tokens})
    state.issued_before = _issued_before(endpoint, chain)
    limited = dict.fromkeys((e.at.by, e.remote) for e in chain.of(LimitsSet) if e.at.by in chain.pools)
    levels = {
        (pool, remote, outbound): (pool, (_OUTBOUND if outbound else _INBOUND) + put(remote))
        for pool, remote in limited
        for outbound in (True, False)
    }
    state.levels = _known(endpoint, chain, levels)


def _read_coins(endpoint: Endpoint, chain: Chain, ours: set[bytes]) -> None:
    """The chain's own coin in contracts; and where there is some, what stayed of the payments for messages."""
    state, at_head = chain.state, _coins(endpoint, [(holder, chain.head) for holder in ours])
    state.coins = {holder: coin for (holder, _), coin in at_head.items()}
    # One of a transaction: what stayed is counted once.
    sends = {sent.at.moment: sent for sent in chain.of(Sent)}
    blocks = dict.fromkeys(sent.at.block for sent in sends.values())
    for holder in (holder for holder, coin in state.coins.items() if coin):
        then = _coins(endpoint, [(holder, block - before) for block in blocks for before in (1, 0)])
        more = {b for b in blocks if then.get((holder, b), 0) > then.get((holder, b - 1), 0)}
        for sent in (each for each in sends.values() if each.at.block in more):
            if (kept := _kept(endpoint, sent.at.hash, holder)) > 0:
                state.coins_kept[holder, sent.at.order] = kept


def _coins(endpoint: Endpoint, asked: Sequence[tuple[bytes, int]]) -> dict[tuple[bytes, int], int]:
    """What accounts had at the end of blocks, as far as the node still knows."""
    answers = endpoint.batch([("eth_getBalance", ["0x" + who.hex(), hex(block)]) for who, block in asked])
    known = zip(asked, answers, strict=True)
    return {key: int(answer, 16) for key, answer in known if not isinstance(answer, EndpointError)}


def _kept(endpoint: Endpoint, transaction: str, holder: bytes) -> int:
    """What calls brought a contract and took from it. What destroyed contracts leave it is a gift that it can't refuse."""
    address_, kept = "0x" + holder.hex(), 0
    for call in traced_calls(endpoint, transaction):
        if call.get("type") == "CALL":
            came, went = call.get("to", "").lower() == address_, call["from"].lower() == address_
            kept += int(call.get("value", "0x0"), 16) * (came - went)
    return kept


def _issued_before(endpoint: Endpoint, chain: Chain) -> dict[bytes, int]:
    """What there was of each token in the block before the history begins: more than nothing of one that was adopted."""
    if chain.first == 0:
        return dict.fromkeys(chain.tokens, 0)
    answers = endpoint.view([(token, _SUPPLY) for token in chain.tokens], chain.first - 1)
    stated = zip(chain.tokens, answers, strict=True)
    return {token: number(answer, 0) if answer else 0 for token, answer in stated if answer is not None}


def _read_rounds(endpoint: Endpoint, chain: Chain) -> None:
    """The round of every report with prices that went straight to its CommitStore."""
    writes = {price.at.moment for price in chain.of(PriceSet, chain.fee_quoter)}
    reports = [t for t in chain.of(Transmitted) if t.at.moment in writes]
    answers = endpoint.batch([("eth_getTransactionByHash", [t.at.hash]) for t in reports])
    for report, transaction in zip(reports, answers, strict=True):
        if isinstance(transaction, EndpointError):
            raise transaction
        calldata = bytes.fromhex(transaction["input"][2:])
        direct = (transaction["to"] or "").lower() == "0x" + report.at.by.hex()
        if direct and calldata[:4] == _TRANSMIT:
            chain.state.rounds[report.at.moment] = number(calldata, 4 + WORD)
