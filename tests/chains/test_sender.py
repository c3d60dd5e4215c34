"""The sender on a real chain: what is taken on is mined once, whatever the chain and the process do meanwhile."""

import anyio
import coincurve
import pytest
from eth_account import Account

from ccip_py.chains.evm.blocks import block_of
from ccip_py.chains.evm.caller import function
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.evm.sender import Busy, MemoryJournal, Sender
from ccip_py.chains.evm.sending import FILLER, GWEI, Attempt, Entry, Intent, Policy, State
from ccip_py.chains.evm.transactions import Transaction, sign
from ccip_py.chains.ports import Heads
from ccip_py.errors import BadInput, ContractRefused
from ccip_py.protocol.ids import Address

pytestmark = pytest.mark.anyio
TOPIC = b"\x11" * 32


@pytest.fixture
def journal():
    return MemoryJournal()


@pytest.fixture
def sender(rpc, key, journal):
    return Sender(rpc, key, journal, policy=Policy(patience=2, in_flight=3))


def heads(anvil, depth=4):
    latest = anvil.height
    blocks = [anvil("eth_getBlockByNumber", hex(max(0, n)), False) for n in (latest, latest - depth)]
    return Heads(*map(block_of, blocks))


def logs_of(anvil, emitter):
    return anvil("eth_getLogs", {"address": "0x" + emitter.hex(), "fromBlock": "0x0"})


async def test_what_is_sent_is_mined_and_in_time_final(anvil, emitter, sender, journal):
    entry = await sender.send(emitter, TOPIC + b"hello", purpose="test")
    mined = await sender.wait(entry.id)
    anvil.mine(5)

    [final] = await sender.step(heads(anvil))

    assert (mined.state, mined.success) == (State.MINED, True)
    assert (final.state, final.success, final.id) == (State.FINAL, True, entry.id)
    assert len(logs_of(anvil, emitter)) == 1
    assert await sender.entries() == ()
    assert journal.entries[entry.id] == final


async def test_the_gas_limit_is_the_estimate_with_a_margin(anvil, emitter, sender, key):
    data = TOPIC + b"hello"
    call = {"from": "0x" + key.address.hex(), "to": "0x" + emitter.hex(), "data": "0x" + data.hex()}
    estimate = int(anvil("eth_estimateGas", call), 16)

    entry = await sender.send(emitter, data)

    assert entry.intent.gas_limit == estimate + estimate // 5


async def test_what_would_revert_is_refused_by_name_before_it_is_written_down(reverter, sender, journal):
    with pytest.raises(ContractRefused) as caught:
        await sender.send(reverter, function("Error(string)", "not today"))

    assert (caught.value.error, caught.value.values["message"]) == ("Error", "not today")
    assert journal.entries == {}


async def test_a_transaction_that_reverts_on_chain_is_settled_as_such(reverter, sender):
    entry = await sender.send(reverter, b"\x01", gas_limit=100_000)

    mined = await sender.wait(entry.id)

    assert (mined.state, mined.success) == (State.MINED, False)


async def test_J6_a_dropped_transaction_is_broadcast_again(anvil, emitter, sender):
    anvil.hold()
    entry = await sender.send(emitter, TOPIC)
    anvil("anvil_dropTransaction", "0x" + entry.attempts[-1].hash.hex())
    anvil.mine()
    assert logs_of(anvil, emitter) == []

    await sender.step()
    anvil.mine()
    [mined] = await sender.step()

    assert mined.state is State.MINED
    assert len(mined.attempts) == 1


async def test_a_base_fee_that_jumps_is_followed(anvil, emitter, sender):
    anvil.hold()
    entry = await sender.send(emitter, TOPIC)
    anvil("anvil_setNextBlockBaseFeePerGas", hex(40 * GWEI))
    anvil.mine()
    assert logs_of(anvil, emitter) == []

    await sender.step()
    anvil.mine()
    [mined] = await sender.step()

    assert mined.state is State.MINED
    assert mined.attempts[-1].max_fee > 40 * GWEI
    assert mined.attempts[0] == entry.attempts[0]


async def test_K16_a_base_fee_above_the_cap_is_waited_out(anvil, emitter, rpc, key, journal):
    sender = Sender(rpc, key, journal, policy=Policy(max_fee=10 * GWEI, patience=2))
    anvil.hold()
    await sender.send(emitter, TOPIC)
    for _ in range(4):
        anvil("anvil_setNextBlockBaseFeePerGas", hex(20 * GWEI))
        anvil.mine()
        await sender.step()
    assert logs_of(anvil, emitter) == []
    anvil("anvil_setNextBlockBaseFeePerGas", hex(1 * GWEI))
    anvil.mine()

    changed = await sender.step()
    if not changed:
        anvil.mine()
        changed = await sender.step()

    assert [entry.state for entry in changed] == [State.MINED]
    assert all(attempt.max_fee <= 10 * GWEI for attempt in changed[0].attempts)


async def test_after_a_reorganisation_the_transaction_is_sent_again(anvil, emitter, sender):
    anvil.mine(2)
    anvil.hold()
    entry = await sender.send(emitter, TOPIC)
    anvil.mine()
    assert [e.state for e in await sender.step()] == [State.MINED]
    anvil.reorg(1)
    assert logs_of(anvil, emitter) == []

    [again] = await sender.step()
    if again.broadcast_at < anvil.height:
        anvil.mine()
        await sender.step()
    anvil.mine()
    await sender.step()
    anvil.mine()
    await sender.step()

    [mined] = await sender.entries()
    assert again.state is State.PENDING
    assert (mined.id, mined.state) == (entry.id, State.MINED)
    assert len(logs_of(anvil, emitter)) == 1


async def test_someone_else_using_the_key_is_noticed_and_work_goes_on(anvil, emitter, sender, key):
    anvil.hold()
    ours = await sender.send(emitter, TOPIC + b"ours")
    theirs = sign(
        Transaction(31337, ours.nonce, 90 * GWEI, 90 * GWEI, 100_000, emitter, 0, TOPIC + b"theirs"), key
    )
    anvil("eth_sendRawTransaction", "0x" + theirs.raw.hex())
    anvil.mine()
    assert await sender.step(heads(anvil)) == []  # suspicious, not yet certain
    anvil.mine(5)

    [lost] = await sender.step(heads(anvil))
    after = await sender.send(emitter, TOPIC + b"again")
    anvil.mine()
    [mined] = await sender.step()

    assert (lost.id, lost.state) == (ours.id, State.LOST)
    assert after.nonce == ours.nonce + 1
    assert mined.state is State.MINED


async def test_J5_a_nonce_gap_is_filled(anvil, emitter, rpc, key, journal):
    intent = Intent(emitter, TOPIC, 100_000)
    journal.save(Entry(1, 2, intent, (Attempt(3 * GWEI, GWEI, 0),)))
    sender = Sender(rpc, key, journal)
    anvil.hold()

    await sender.step()
    anvil.mine()
    await sender.step()

    states = {entry.nonce: (entry.state, entry.intent.purpose) for entry in await sender.entries()}
    assert states == {n: (State.MINED, FILLER if n < 2 else "") for n in range(3)}
    assert len(logs_of(anvil, emitter)) == 1


async def test_a_stuck_transaction_is_purged_and_those_behind_it_go_on(anvil, emitter, rpc, key, journal):
    sender = Sender(rpc, key, journal, policy=Policy(patience=2, purge_after=4))
    limit = anvil("eth_getBlockByNumber", "latest", False)["gasLimit"]
    anvil.hold()
    stuck = await sender.send(emitter, TOPIC + b"stuck", gas_limit=2_000_000)
    behind = await sender.send(emitter, TOPIC + b"behind", gas_limit=100_000)
    anvil("evm_setBlockGasLimit", hex(1_000_000))  # now the first fits in no block
    for _ in range(12):
        anvil.mine()
        await sender.step(heads(anvil))
    anvil("evm_setBlockGasLimit", limit)

    assert journal.entries[stuck.id].state is State.LOST
    assert journal.entries[behind.id].success
    assert [log["data"] for log in logs_of(anvil, emitter)] == ["0x" + b"behind".hex()]


async def test_no_more_than_allowed_is_under_way(anvil, emitter, sender):
    anvil.hold()
    entries = [await sender.send(emitter, TOPIC, gas_limit=100_000) for _ in range(3)]

    with pytest.raises(Busy):
        await sender.send(emitter, TOPIC, gas_limit=100_000)

    anvil.mine()
    await sender.step()
    entries.append(await sender.send(emitter, TOPIC, gas_limit=100_000))
    assert [entry.nonce for entry in entries] == [0, 1, 2, 3]


class Cut(BaseException):
    """The process dies here."""


class CutJournal(MemoryJournal):
    """A journal whose process dies at a given write: right after it, or before it took effect."""

    def __init__(self, writes, after=True):
        super().__init__()
        self.writes, self.after = writes, after

    def save(self, entry, *, durable=True):
        self.writes -= 1
        if self.writes == 0 and not self.after:
            raise Cut
        super().save(entry)
        if self.writes == 0:
            raise Cut


class ForgetfulJournal(MemoryJournal):
    """After a power cut: what need not have been durable was not."""

    def save(self, entry, *, durable=True):
        if durable:
            super().save(entry)


WRITES = 4  # of this transaction's life: taken on, replaced by a dearer one, mined, final


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("writes", range(1, WRITES + 1))
async def test_L1_a_restart_at_any_write_neither_loses_nor_doubles(anvil, emitter, rpc, key, writes, after):
    await lives_through(CutJournal(writes, after), anvil, emitter, rpc, key)


async def test_what_need_not_be_durable_is_found_again_on_the_chain(anvil, emitter, rpc, key):
    journal = ForgetfulJournal()
    entry = await Sender(rpc, key, journal).send(emitter, TOPIC)
    await Sender(rpc, key, journal).wait(entry.id)
    anvil.mine(5)

    [again] = await Sender(rpc, key, journal).step(heads(anvil))

    assert (again.id, again.state, again.success) == (entry.id, State.FINAL, True)
    assert len(logs_of(anvil, emitter)) == 1


async def test_L1_those_were_all_the_writes_of_a_transaction(anvil, emitter, rpc, key):
    journal = CutJournal(WRITES + 1)

    await lives_through(journal, anvil, emitter, rpc, key)

    assert journal.writes == 1


async def lives_through(journal, anvil, emitter, rpc, key):
    anvil.hold()

    async def live(turns):
        sender = Sender(rpc, key, journal, policy=Policy(patience=1))
        if not journal.entries:
            await sender.send(emitter, TOPIC)
        for turn in range(turns):
            await sender.step(heads(anvil))
            if turn == 0:
                anvil("anvil_dropAllTransactions")
            if turn > 1 or turn == 0:
                anvil.mine()

    for _ in range(3):
        try:
            await live(4)
        except Cut:
            continue
    anvil.mine(6)
    await Sender(rpc, key, journal).step(heads(anvil))

    assert len(logs_of(anvil, emitter)) == 1
    assert [entry.state for entry in journal.entries.values()] == [State.FINAL]


async def test_L7_what_a_crash_kept_from_being_broadcast_is_sent_at_once_by_the_next_process(
    emitter, rpc, key
):
    """Also on a chain that makes no block until a transaction comes."""
    journal = CutJournal(1)
    with pytest.raises(Cut):
        await Sender(rpc, key, journal).send(emitter, TOPIC)

    restarted = Sender(rpc, key, journal)
    await restarted.step()
    [entry] = await restarted.entries()

    with anyio.fail_after(30):  # a wait that never ends is the failure
        assert (await restarted.wait(entry.id)).success


async def test_when_no_endpoint_takes_it_the_transaction_waits_in_the_journal(
    anvil, emitter, key, journal, make_node
):
    node = make_node()
    for method in (
        "eth_getBlockByNumber",
        "eth_maxPriorityFeePerGas",
        "eth_getTransactionCount",
        "eth_estimateGas",
        "eth_getTransactionReceipt",
        "eth_getTransactionByHash",
    ):
        node.answers[method] = lambda *params, method=method: anvil(method, *params)
    refusal = {"error": {"code": -32000, "message": "txpool is full"}}
    node.answers["eth_sendRawTransaction"] = refusal
    events = []
    async with Rpc(node.url, chain_id=31337) as rpc:
        sender = Sender(rpc, key, journal, watcher=lambda event, entry, words: events.append((event, words)))

        entry = await sender.send(emitter, TOPIC)
        node.answers["eth_sendRawTransaction"] = lambda raw: anvil("eth_sendRawTransaction", raw)
        anvil.mine()
        mined = await sender.wait(entry.id)

    assert mined.state is State.MINED
    assert events[0][0] == "refused"
    assert "txpool is full" in events[0][1]


async def test_a_contract_is_created(anvil, sender):
    entry = await sender.send(None, bytes.fromhex("600a600c600039600a6000f3") + b"\x00" * 10)

    mined = await sender.wait(entry.id)

    assert mined.success


def test_a_signed_transaction_is_what_eth_account_signs(key):
    secret = bytes(31) + b"\x07"
    fields = {"chainId": 31337, "nonce": 3, "maxPriorityFeePerGas": 5, "maxFeePerGas": 700, "gas": 21_000}
    theirs = Account.sign_transaction(
        {**fields, "to": "0x" + "11" * 20, "value": 0, "data": b"\x00\x01"}, secret
    )

    ours = sign(Transaction(31337, 3, 5, 700, 21_000, Address(b"\x11" * 20), 0, b"\x00\x01"), key)

    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.hash == bytes(theirs.hash)


@pytest.mark.parametrize("nonce", [0, 1, 127, 128, 2**40])
@pytest.mark.parametrize("size", [0, 1, 55, 56, 300])
def test_its_encoding_holds_at_every_length(key, nonce, size):
    secret = bytes(31) + b"\x07"
    fields = {"chainId": 1, "nonce": nonce, "maxPriorityFeePerGas": 0, "maxFeePerGas": 10**18, "gas": 10**7}
    theirs = Account.sign_transaction({**fields, "value": 128, "data": b"\x7f" * size}, secret)

    ours = sign(Transaction(1, nonce, 0, 10**18, 10**7, None, 128, b"\x7f" * size), key)

    assert ours.raw == bytes(theirs.raw_transaction)


def test_a_transaction_without_a_chain_is_never_signed(key):
    with pytest.raises(BadInput):
        sign(Transaction(0, 0, 0, 0, 0, None, 0, b""), key)


def test_signing_twice_gives_the_same_transaction():
    """What a restart relies on: the hash is found again by signing again."""
    secret = coincurve.PrivateKey(b"\x05" * 32)

    assert secret.sign_recoverable(b"\x01" * 32, hasher=None) == secret.sign_recoverable(
        b"\x01" * 32, hasher=None
    )
