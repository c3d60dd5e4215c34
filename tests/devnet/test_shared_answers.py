"""One question per state of the chains, whoever asks; and never an answer from before a transaction."""

import json
from typing import Any

import anyio
import pytest

from ccip_py.chains.evm.keys import KeySigner, dev_key
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.evm.transactions import Transaction, sign
from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.devnet.shared_answers import MonitorAnswers, SharedAnswers
from ccip_py.errors import EndpointDown
from ccip_py.protocol.ids import Address
from ccip_py.risk.http import HttpError
from ccip_py.testing.faults import FaultProxy, Status

SENDER = KeySigner(dev_key(0))
LATEST = ("eth_getBlockByNumber", ("latest", False))


@pytest.fixture(scope="module")
def anvil():
    with Anvil(AnvilOptions(31337)) as chain:
        yield chain


async def with_proxy(anvil: Anvil, work: Any) -> None:
    """Run `work(answers, proxy)` with everything closed afterwards."""
    answers = SharedAnswers()
    try:
        async with FaultProxy(anvil.url) as proxy:
            await work(answers, proxy)
    finally:
        await answers.aclose()


def rpc(url: str, answers: SharedAnswers) -> Rpc:
    return Rpc(url, chain_id=31337, carrier=answers)


def payment(nonce: int) -> str:
    transaction = Transaction(
        chain_id=31337,
        nonce=nonce,
        max_priority_fee=1,
        max_fee=10**11,
        gas_limit=21_000,
        to=Address(b"\x11" * 20),
        value=1,
        data=b"",
    )
    return "0x" + sign(transaction, SENDER).raw.hex()


def test_two_nodes_that_ask_the_same_cost_one_question(anvil):
    async def work(answers: SharedAnswers, proxy: FaultProxy) -> None:
        one, other = rpc(proxy.url, answers), rpc(proxy.url, answers)

        first = await one.batch([LATEST, ("eth_gasPrice", ())])
        second = await other.batch([("eth_gasPrice", ()), LATEST])

        assert second == first[::-1]
        assert proxy.calls["eth_getBlockByNumber"] == proxy.calls["eth_gasPrice"] == 1

    anyio.run(with_proxy, anvil, work)


def test_a_transaction_makes_every_answer_worthless_and_is_mined_when_it_returns(anvil):
    async def work(answers: SharedAnswers, proxy: FaultProxy) -> None:
        node = rpc(proxy.url, answers)
        before = await node.call(*LATEST[:1], *LATEST[1])
        nonce = await node.call("eth_getTransactionCount", "0x" + SENDER.address.hex(), "latest")

        sent = await node.call("eth_sendRawTransaction", payment(int(nonce, 16)))

        after = await node.call("eth_getBlockByNumber", "latest", False)
        assert int(after["number"], 16) == int(before["number"], 16) + 1
        assert after["transactions"] == [sent]
        assert answers.sent == 1

    anyio.run(with_proxy, anvil, work)


def test_a_chain_that_does_not_mine_is_not_waited_for(anvil):
    async def work(answers: SharedAnswers, proxy: FaultProxy) -> None:
        node = rpc(proxy.url, answers)
        nonce = await node.call("eth_getTransactionCount", "0x" + SENDER.address.hex(), "latest")
        anvil.automine(False)
        try:
            with anyio.fail_after(30):
                assert await node.call("eth_sendRawTransaction", payment(int(nonce, 16)))
        finally:
            anvil.automine(True)
            anvil.mine()

    anyio.run(with_proxy, anvil, work)


def test_what_is_forgotten_is_asked_again(anvil):
    async def work(answers: SharedAnswers, proxy: FaultProxy) -> None:
        node = rpc(proxy.url, answers)
        for _ in range(2):
            await node.call("eth_gasPrice")
            answers.forget()
        assert proxy.calls["eth_gasPrice"] == 2

    anyio.run(with_proxy, anvil, work)


def test_refusals_are_shared_and_broken_endpoints_are_not(anvil):
    async def work(answers: SharedAnswers, proxy: FaultProxy) -> None:
        refused = await rpc(proxy.url, answers).try_batch([("eth_noSuchThing", ())])
        again = await rpc(proxy.url, answers).try_batch([("eth_noSuchThing", ())])
        assert str(refused[0]) == str(again[0])
        assert proxy.calls["eth_noSuchThing"] == 1

        proxy.set(Status(503))
        impatient = Rpc(proxy.url, chain_id=31337, carrier=answers, rounds=1)
        with pytest.raises(EndpointDown):
            await impatient.call("eth_blockNumber")
        assert await rpc(anvil.url, answers).call("eth_blockNumber")  # another URL is another endpoint

    anyio.run(with_proxy, anvil, work)


def test_monitors_get_their_peers_pages_and_the_same_answers(anvil):
    async def work(answers: SharedAnswers, proxy: FaultProxy) -> None:
        http = MonitorAnswers(answers, {"http://127.0.0.1:1/votes": lambda: [{"kind": "bless"}]})
        assert json.loads(await http.get("http://127.0.0.1:1/votes")) == [{"kind": "bless"}]
        with pytest.raises(HttpError, match="nobody answers"):
            await http.get("http://127.0.0.1:2/votes")

        question = {"jsonrpc": "2.0", "id": 7, "method": "eth_gasPrice", "params": []}
        for number in (7, 8):
            body = json.dumps([{**question, "id": number}]).encode()
            (said,) = json.loads(await http.post_json(proxy.url, body))
            assert said["id"] == number
        assert proxy.calls["eth_gasPrice"] == 1

        proxy.set(Status(500))
        answers.forget()
        with pytest.raises(HttpError, match="status 500"):
            await http.post_json(proxy.url, body)

    anyio.run(with_proxy, anvil, work)
