"""For every invariant that the auditor decides, at least one violation on real chains that it catches and names.

Only what is read is edited, since contracts cannot be made to do it, for these: an S2 success that is forgotten, S3 a receiver
that hears something else and an id that is no leaf, S5 votes of too few or of nobody, S16 an older round, S17 a fee that was
never quoted. test_edited_history.py stages all further branches in that way.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ccip_py.audit.events import Event, PriceSet, Sent, Transmitted
from ccip_py.audit.hashing import subject_of
from ccip_py.audit.history import History
from ccip_py.audit.verdict import CHECKS, judge
from ccip_py.audit.words import keccak, put, put_dynamic, put_text, signature
from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.deploy.devnet import COMMITTERS
from ccip_py.deploy.keys import dev_account
from ccip_py.devnet.byzantine import corrupt_transmit_call, forge_payout
from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.ids import Address
from ccip_py.protocol.message import ExtraArgs, OutgoingMessage, TokenAmount
from ccip_py.sdk.evm import transact

from .conftest import UNIT, Scene, emitter, topic

ATTEMPTED = "ExecutionStateChanged(uint64,bytes32,uint8,bytes)"
ACCEPTED = "ReportAccepted((((address,uint224)[],(uint64,uint224)[]),(uint64,uint64),bytes32))"
Json = dict[str, Any]
SUCCESS = put(2) + put(64) + put(0)
THIEF = bytes.fromhex("bad0" * 10)


def test_an_honest_past_breaks_nothing(scene: Scene) -> None:
    verdict = scene.verdict()
    assert verdict.violations == ()
    there, back = sorted(verdict.tallies, key=lambda tally: -tally.sent)
    assert (there.lane, there.sent, there.delivered, there.failed, there.waiting) == ("a→b", 6, 2, 1, 3)
    assert (back.lane, back.sent, back.delivered) == ("b→a", 1, 1)


# S1


def test_s1_a_pool_that_pays_without_a_message(scene: Scene) -> None:
    token, lane = scene.network.chain("b").token("BMT"), scene.network.lane("a", "b")
    source = scene.network.chain("a")
    order = put_dynamic(
        put_text(put(THIEF)),
        source.selector,
        int.from_bytes(THIEF, "big"),
        UNIT,
        int.from_bytes(token.address, "big"),
        put_text(put(source.token("BMT").pool)),
        put_text(put(18)),
        put_text(b""),
    )
    call = signature("releaseOrMint((bytes,uint64,address,uint256,address,bytes,bytes,bytes))")[:4]
    theft = scene.act("b", lane.off_ramp, token.pool, call + put(32) + order)
    assert "no message says so" in scene.caught("S1", theft).what


def test_s1_tokens_that_leave_a_pool_in_silence(scene: Scene) -> None:
    token = scene.network.chain("a").token("LRT")
    call = signature("transfer(address,uint256)")[:4] + put(THIEF) + put(UNIT)
    theft = scene.act("a", token.pool, token.address, call)
    assert "no pool says so" in scene.caught("S1", theft).what


def test_s1_a_balance_that_no_transfer_explains(scene: Scene) -> None:
    token = scene.network.chain("a").token("LRT")
    slot = "0x" + keccak(put(token.pool) + put(0)).hex()
    scene.network.anvils["a"].rpc("anvil_setStorageAt", "0x" + token.address.hex(), slot, "0x" + put(1).hex())
    assert "the pool of LRT holds 1," in scene.caught("S1").what


def _adopted(scene: Scene) -> History:
    """A history that begins after a token of chain a had been deployed and minted, and in which it was minted once more."""
    ccip, anvil = scene.past.network, scene.network.anvils["a"]
    token = ccip.deploy("a", "BurnMintERC20", "Old", "OLD", 18)
    token.grantMintAndBurnRoles(ccip.user.address)
    token.mint(ccip.user.address, 7 * UNIT)
    here, there = scene.deployment["chains"]
    there.update(start_block=scene.network.anvils["b"].block_number() + 1, tokens=[])
    here["start_block"] = anvil.block_number() + 1
    here["tokens"] = [{**here["tokens"][0], "symbol": "OLD", "address": token.address}]
    token.mint(ccip.user.address, 2 * UNIT)
    return scene.history()


def test_s1_an_adopted_token_had_a_supply_before_and_another_supply_than_that_is_caught(scene: Scene) -> None:
    history = _adopted(scene)
    state = history.chains[scene.network.chain("a").selector].state
    assert set(state.issued_before.values()) == {7 * UNIT}
    assert judge(history).holds

    state.supplies = dict.fromkeys(state.supplies, 10 * UNIT)
    (violation,) = judge(history).violations
    assert f"is {10 * UNIT}, its transfers make {9 * UNIT}" in violation.what


def test_s1_what_a_node_has_forgotten_about_a_supply_is_told_and_not_blamed(scene: Scene) -> None:
    history = _adopted(scene)
    history.chains[scene.network.chain("a").selector].state.issued_before.clear()
    verdict = judge(history)
    assert verdict.holds
    assert any("no longer knows what there was before" in finding.what for finding in verdict.findings)


# S2, S3, S9


def test_s2_a_message_that_succeeds_twice(scene: Scene) -> None:
    message, lane = scene.past.executed, scene.network.lane("a", "b")
    number = topic(message.sequence_number)
    again = scene.forge("b", lane.off_ramp, ATTEMPTED, number, bytes(message.message_id), data=SUCCESS)
    assert "(2, 2)" in scene.caught("S2", again).what


def test_s2_a_success_that_the_contract_has_forgotten(scene: Scene) -> None:
    lane = scene.network.lane("a", "b")
    history = scene.history()
    history.chains[lane.destination].state.attempts[lane.off_ramp, scene.past.executed.sequence_number] = 0
    assert any(v.invariant == "S2" and "is 0 now" in v.what for v in judge(history).violations)


def test_s3_an_execution_of_what_was_never_sent(scene: Scene) -> None:
    lane = scene.network.lane("a", "b")
    forged = scene.forge("b", lane.off_ramp, ATTEMPTED, topic(99), bytes([7]) * 32, data=SUCCESS)
    assert "never sent" in scene.caught("S3", forged).what


def test_s3_a_receiver_that_hears_something_else(scene: Scene) -> None:
    chain, lane = scene.network.chain("b"), scene.network.lane("a", "b")
    history = scene.history()
    events = [
        replace(event, calldata_hash=bytes(32)) if hasattr(event, "calldata_hash") else event
        for event in history.chains[lane.destination].events
    ]
    changed = _with_events(history, chain.selector, events)
    assert any(
        v.invariant == "S3" and "called with something else" in v.what for v in judge(changed).violations
    )


def test_s3_a_message_whose_id_is_not_its_leaf(scene: Scene) -> None:
    chain = scene.network.chain("a")
    history = scene.history()
    events = [
        replace(event, data=b"!" + event.data) if getattr(event, "data", b"") == b"hello" else event
        for event in history.chains[chain.selector].events
    ]
    violations = judge(_with_events(history, chain.selector, events)).violations
    assert {"S3", "S8"} <= {violation.invariant for violation in violations}


def test_s9_an_ordered_sender_out_of_order(scene: Scene) -> None:
    _, second = scene.past.ordered
    lane, number = scene.network.lane("a", "b"), topic(second.sequence_number)
    forged = scene.forge("b", lane.off_ramp, ATTEMPTED, number, bytes(second.message_id), data=SUCCESS)
    assert "nonce 2 was tried after 0" in scene.caught("S9", forged).what


# S4, S5, S7, S8


def test_s4_an_execution_without_a_root(scene: Scene) -> None:
    first, _ = scene.past.ordered
    lane, number = scene.network.lane("a", "b"), topic(first.sequence_number)
    forged = scene.forge("b", lane.off_ramp, ATTEMPTED, number, bytes(first.message_id), data=SUCCESS)
    assert "without a root" in scene.caught("S4", forged).what


def test_s5_an_execution_under_a_root_that_nobody_blessed(scene: Scene) -> None:
    message = scene.past.committed
    lane, number = scene.network.lane("a", "b"), topic(message.sequence_number)
    forged = scene.forge("b", lane.off_ramp, ATTEMPTED, number, bytes(message.message_id), data=SUCCESS)
    assert "no blessing of epoch 0" in scene.caught("S5", forged).what


def test_s5_a_blessing_by_too_few(scene: Scene) -> None:
    history = scene.history()
    votes = history.chains[scene.network.chain("b").selector].state.votes
    assert set(votes.values()) == {(0b111, 1)}
    votes.update(dict.fromkeys(votes, (0b1001, 1)))
    violations = judge(history).violations
    assert any("2 votes of monitors where 3 are needed" in violation.what for violation in violations)


def test_s5_votes_of_monitors_whom_nobody_appointed(scene: Scene) -> None:
    history = scene.history()
    votes = history.chains[scene.network.chain("b").selector].state.votes
    votes.update(dict.fromkeys(votes, (0b1111, 2)))
    assert any("whom nobody appointed" in violation.what for violation in judge(history).violations)


def test_s7_an_interval_with_a_gap(scene: Scene) -> None:
    lane = scene.network.lane("a", "b")
    prices = put_dynamic(put(0), put(0))
    report = put(128) + put(50) + put(51) + bytes([9]) * 32 + prices
    forged = scene.forge("b", lane.commit_store, ACCEPTED, data=put(32) + report)
    assert "[50, 51] was committed where" in scene.caught("S7", forged).what


def test_s8_a_root_over_a_message_that_was_never_sent(scene: Scene) -> None:
    """As the demonstration stages it: a quorum of corrupt committers, and a contract that can't know better."""
    network, lane = scene.network, scene.network.lane("a", "b")
    victim, _ = scene.past.ordered
    source, destination = network.chain("a"), network.chain("b")
    forgery = forge_payout(
        victim.lane,
        victim.message,
        thief=Address(THIEF),
        token=TokenAmount(source.token("BMT").address, UNIT),
        source_pool=source.token("BMT").pool,
        destination_token=destination.token("BMT").address,
    )
    keys = [KeySigner(dev_key(index)) for index in COMMITTERS[: 2 * lane.f + 1]]
    call = corrupt_transmit_call(forgery.report, lane.config_digest, 2**31, keys)
    flow = transact(lane.destination, dev_account(COMMITTERS[0]), lane.commit_store, call)
    committed = network.ccip.driver.run(flow)[0]
    assert "is not that of the messages" in scene.caught("S8", committed.hash.to_0x_hex()).what


# S6, S19


def test_s6_a_lock_while_the_other_chain_is_cursed(scene: Scene) -> None:
    here, there = scene.network.chain("a"), scene.network.chain("b")
    curse = scene.act("a", here.owner, here.rmn, _curse(there.selector))
    lane = scene.network.lane("a", "b")
    data = put(UNIT)
    moved = scene.forge(
        "a", here.token("LRT").pool, "Locked(address,uint256)", topic(lane.on_ramp), data=data
    )
    assert "while chain b was cursed" in scene.caught("S6", curse, moved).what


def test_s19_a_curse_that_a_stranger_lifts(scene: Scene) -> None:
    here, there = scene.network.chain("a"), scene.network.chain("b")
    scene.act("a", here.owner, here.rmn, _curse(there.selector))
    subject = subject_of(there.selector) + bytes(16)
    lifted = scene.forge("a", here.rmn, "Uncursed(bytes16,uint64)", subject, data=put(1))
    assert "the owner is" in scene.caught("S19", lifted).what


def test_s19_a_curse_that_vanishes(scene: Scene) -> None:
    here, there = scene.network.chain("a"), scene.network.chain("b")
    subject = subject_of(there.selector) + bytes(16)
    cursed = scene.forge("a", here.rmn, "Cursed(bytes16,address)", subject, topic(here.owner))
    assert "nobody lifted it" in scene.caught("S19", cursed).what


# S10, S16, S17, S20


def test_s10_more_than_a_limiter_holds(scene: Scene) -> None:
    here, lane = scene.network.chain("a"), scene.network.lane("a", "b")
    pool, amount = here.token("LRT").pool, 10**6 * UNIT
    moved = scene.forge("a", pool, "Locked(address,uint256)", topic(lane.on_ramp), data=put(amount))
    assert "more than it held" in scene.caught("S10", moved).what


def test_s16_a_price_of_another_time(scene: Scene) -> None:
    chain = scene.network.chain("b")
    data = put(10**18) + put(12345)
    event = "UsdPerTokenUpdated(address,uint256,uint256)"
    forged = scene.forge("b", chain.fee_quoter, event, topic(chain.link), data=data)
    assert "a price of second 12345" in scene.caught("S16", forged).what


def test_s16_prices_of_an_older_round(scene: Scene) -> None:
    lane = scene.network.lane("a", "b")
    history = scene.history()
    here = history.chains[lane.destination]
    price = next(here.of(PriceSet))
    events: list[Event] = list(here.events)
    for block, round_ in ((1, 2), (2, 3), (3, 3)):
        at = replace(price.at, block=here.head + block, tx=0, log=0, hash=f"0x{block}", by=lane.commit_store)
        events.append(Transmitted(at, lane.config_digest, 7))
        events.append(replace(price, at=replace(at, log=1, time=price.timestamp, by=here.fee_quoter)))
        here.state.rounds[at.moment] = 7 << 8 | round_
    here.state.price_round[lane.commit_store] = 7 << 8 | 3
    violations = judge(_with_events(history, here.selector, events)).violations
    assert [v.transactions for v in violations if v.invariant == "S16"] == [("0x2", "0x3")]


def test_s17_a_fee_that_was_never_quoted(scene: Scene) -> None:
    chain = scene.network.chain("a")
    history = scene.history()
    events = [
        replace(event, fee=event.fee - 1) if hasattr(event, "fee") else event
        for event in history.chains[chain.selector].events
    ]
    violations = judge(_with_events(history, chain.selector, events)).violations
    assert sum(v.invariant == "S17" and "was quoted" in v.what for v in violations) == 6


def _price(scene: Scene, usd: int) -> Json:
    """The owner of chain a's FeeQuoter writes a price of the wrapped coin."""
    chain = scene.network.chain("a")
    prices = put_dynamic(put(1) + put(chain.wrapped_native) + put(usd * UNIT), put(0))
    update = signature("updatePrices(((address,uint224)[],(uint64,uint224)[]))")[:4] + put(32) + prices
    return {
        "from": "0x" + chain.owner.hex(),
        "to": "0x" + chain.fee_quoter.hex(),
        "data": "0x" + update.hex(),
    }


def _send(scene: Scene) -> Json:
    chain, lane = scene.network.chain("a"), scene.network.lane("a", "b")
    message = OutgoingMessage(
        receiver=put(THIEF),
        data=b"dear or cheap",
        token_amounts=(),
        fee_token=Address(bytes(20)),
        extra_args=codec.encode_extra_args(ExtraArgs(100_000, True)),
    )
    data = "0x" + codec.ccip_send_call(lane.destination, message).hex()
    paying = {"from": scene.network.user.address, "value": hex(UNIT)}
    return {**paying, "to": "0x" + chain.router.hex(), "data": data}


def _dear_and_cheap(scene: Scene) -> tuple[History, Sent, Sent]:
    """Of three prices written in one block, each of two messages met one, and neither that before or after the block."""
    anvil = scene.network.anvils["a"]
    anvil.rpc("anvil_impersonateAccount", "0x" + scene.network.chain("a").owner.hex())
    anvil.automine(False)
    calls = (_price(scene, 9_000), _send(scene), _price(scene, 3_000), _send(scene), _price(scene, 6_000))
    for tip, call in zip(reversed(range(1, 6)), calls, strict=True):  # Anvil takes the best payers first
        fees = {"maxPriorityFeePerGas": hex(tip * 10**9), "maxFeePerGas": hex(100 * 10**9)}
        anvil.rpc("eth_sendTransaction", {**call, **fees, "gas": hex(1_000_000)})
    anvil.mine()
    anvil.automine(True)
    history = scene.history()
    *_, dear, cheap = history.chains[scene.network.chain("a").selector].of(Sent)
    assert dear.at.block == cheap.at.block
    assert dear.fee < cheap.fee  # a dear coin buys more
    return history, dear, cheap


def test_s17_a_fee_between_price_writes_of_one_block_is_what_its_transaction_was_quoted(scene: Scene) -> None:
    history, dear, cheap = _dear_and_cheap(scene)
    here = history.chains[dear.at.chain]
    assert here.state.quotes[dear.at.order] == (dear.fee,)
    assert here.state.quotes[cheap.at.order] == (cheap.fee,)
    assert judge(history).holds

    swapped = {dear: cheap.fee, cheap: dear.fee}  # each the other's quote of the same block
    events = [replace(e, fee=swapped[e]) if isinstance(e, Sent) and e in swapped else e for e in here.events]
    found = [
        v for v in judge(_with_events(history, here.selector, events)).violations if v.invariant == "S17"
    ]
    assert [v.transactions for v in found] == [(dear.at.hash,), (cheap.at.hash,)]


def test_s17_and_s20_fees_that_leave_without_a_word(scene: Scene) -> None:
    chain, lane = scene.network.chain("a"), scene.network.lane("a", "b")
    call = signature("transfer(address,uint256)")[:4] + put(THIEF) + put(1)
    theft = scene.act("a", lane.on_ramp, chain.wrapped_native, call)
    assert "changed by -1 beyond fees" in scene.caught("S20", theft).what
    assert "collected" in scene.caught("S17").what


def test_s20_a_router_that_keeps_tokens(scene: Scene) -> None:
    chain = scene.network.chain("a")
    token = chain.token("LRT")
    call = signature("transfer(address,uint256)")[:4] + put(chain.router) + put(UNIT)
    kept = scene.act("a", token.pool, token.address, call)
    assert "beyond fees" in scene.caught("S20", kept).what


def test_s20_a_router_that_keeps_what_was_paid_above_the_fee(scene: Scene) -> None:
    """The Router passes a call on to the OnRamp, which says what it is told, and gives no coin back."""
    chain, lane, anvil = scene.network.chain("a"), scene.network.lane("a", "b"), scene.network.anvils["a"]
    copy, call = (
        bytes.fromhex("365f5f37"),
        bytes.fromhex("5f5f365f5f73") + lane.on_ramp + bytes.fromhex("5af100"),
    )
    played = {"0x" + chain.router.hex(): copy + call, "0x" + lane.on_ramp.hex(): emitter(1)}
    real = {contract: anvil.rpc("eth_getCode", contract, "latest") for contract in played}
    for contract, code in played.items():
        anvil.rpc("anvil_setCode", contract, "0x" + code.hex())
    said = codec.CCIP_SEND_REQUESTED + codec.encode_ccip_send_requested(scene.past.executed.message)
    kept = scene.act("a", THIEF, chain.router, said, value=5)
    for contract, code in real.items():
        anvil.rpc("anvil_setCode", contract, code)
    assert "kept 5 wei" in scene.caught("S20", kept).what


def test_a_coin_that_no_message_brought_is_told_and_not_blamed(scene: Scene) -> None:
    router = "0x" + scene.network.chain("a").router.hex()
    scene.network.anvils["a"].set_balance(router, 7)
    verdict = scene.verdict()
    assert verdict.holds
    assert any(f"{router} has 7 wei that no message" in finding.what for finding in verdict.findings)


def test_a_gift_is_told_and_not_blamed(scene: Scene) -> None:
    chain = scene.network.chain("a")
    giver = bytes.fromhex(scene.network.user.address[2:])
    call = signature("transfer(address,uint256)")[:4] + put(chain.router) + put(UNIT)
    scene.act("a", giver, chain.token("LRT").address, call)
    verdict = scene.verdict()
    assert verdict.holds
    assert any("that somebody gave it" in finding.what for finding in verdict.findings)


def test_every_invariant_has_a_staged_violation() -> None:
    names = " ".join(name for name in globals() if name.startswith("test_s")).upper()
    assert all(f"{invariant}_" in names for invariant in CHECKS)


def _curse(selector: int) -> bytes:
    return signature("curse(bytes16)")[:4] + subject_of(selector) + bytes(16)


def _with_events(history: History, selector: int, events: Sequence[Event]) -> History:
    chain = replace(history.chains[selector], events=tuple(events))
    return replace(history, chains={**history.chains, selector: chain})
