"""The fault proxy before a fake endpoint: each fault does what it says, and no fault changes nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from aiohttp import web

from ccip_py.devnet.anvil import Anvil, AnvilOptions
from ccip_py.testing.faults import (
    Disconnected,
    DropLogs,
    DuplicateLogs,
    Fault,
    FaultProxy,
    ForgeLogs,
    ForkedFrom,
    FrozenTag,
    Hang,
    Latency,
    RangeLimit,
    RegressedTag,
    ReorderLogs,
    StaleReplica,
    Status,
    Truncated,
    WrongChain,
    WrongId,
    emitted_by,
)

pytestmark = pytest.mark.anyio

RAMP, OTHER, TOPIC = b"\xaa" * 20, b"\xbb" * 20, b"\x01" * 32


def a_log(address: bytes, data: str) -> dict[str, Any]:
    return {"address": "0x" + address.hex(), "topics": ["0x" + TOPIC.hex()], "data": data}


class FakeChain:
    """Answers like a node whose finalized block the test sets."""

    def __init__(self) -> None:
        self.finalized = 10
        self.logs = [a_log(RAMP, "0x01"), a_log(OTHER, "0x02")]

    def result(self, method: str, params: list[Any]) -> Any:
        if method == "eth_getBlockByNumber":
            return {"number": hex(self.finalized) if params[0] == "finalized" else params[0]}
        if method == "eth_getLogs":
            return self.logs
        if method == "eth_getTransactionReceipt":
            return {"logs": self.logs}
        return None

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        calls = asked if isinstance(asked, list) else [asked]
        answers = [
            {"id": call["id"], "result": self.result(call["method"], call["params"])} for call in calls
        ]
        return web.json_response(answers if isinstance(asked, list) else answers[0])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def chain() -> FakeChain:
    return FakeChain()


@pytest.fixture
async def proxy(chain: FakeChain) -> AsyncIterator[FaultProxy]:
    app = web.Application()
    app.add_routes([web.post("/", chain.answer)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with FaultProxy(f"http://{host}:{port}") as proxy:
        yield proxy
    await runner.cleanup()


async def ask(proxy: FaultProxy, method: str, *params: Any, seconds: float = 60.0) -> Any:
    call = {"jsonrpc": "2.0", "id": 5, "method": method, "params": list(params)}
    async with httpx.AsyncClient(trust_env=False, timeout=httpx.Timeout(60, read=seconds)) as client:
        return (await client.post(proxy.url, json=call)).json()


async def get_logs(proxy: FaultProxy) -> list[str]:
    answer = await ask(proxy, "eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x9"})
    return [log["data"] for log in answer["result"]]


async def finalized(proxy: FaultProxy) -> int:
    return int((await ask(proxy, "eth_getBlockByNumber", "finalized", False))["result"]["number"], 16)


async def test_without_a_fault_nothing_changes(proxy: FaultProxy) -> None:
    assert await get_logs(proxy) == ["0x01", "0x02"]
    assert await finalized(proxy) == 10
    assert proxy.calls == {"eth_getLogs": 1, "eth_getBlockByNumber": 1}


async def test_a_batch_is_answered_in_order(proxy: FaultProxy) -> None:
    proxy.set(ReorderLogs())
    calls = [
        {"jsonrpc": "2.0", "id": i, "method": "eth_getBlockByNumber", "params": [hex(i)]} for i in (1, 2)
    ]

    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answers = (await client.post(proxy.url, json=calls)).json()

    assert [(answer["id"], answer["result"]["number"]) for answer in answers] == [(1, "0x1"), (2, "0x2")]


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (DropLogs(), []),
        (DropLogs(emitted_by(RAMP, TOPIC)), ["0x02"]),
        (DuplicateLogs(), ["0x01", "0x01", "0x02", "0x02"]),
        (ReorderLogs(), ["0x02", "0x01"]),
        (ForgeLogs(lambda data: data + b"!", emitted_by(RAMP)), ["0x0121", "0x02"]),
    ],
)
async def test_logs_are_tampered_with(proxy: FaultProxy, fault: Fault, seen: list[str]) -> None:
    proxy.set(fault)

    assert await get_logs(proxy) == seen


async def test_a_forged_log_is_forged_in_receipts_as_well(proxy: FaultProxy) -> None:
    proxy.set(ForgeLogs(lambda _: b"\xff", emitted_by(RAMP)))

    receipt = (await ask(proxy, "eth_getTransactionReceipt", "0x00"))["result"]

    assert [log["data"] for log in receipt["logs"]] == ["0xff", "0x02"]


async def test_a_missing_log_is_missing_in_receipts_as_well(proxy: FaultProxy) -> None:
    proxy.set(DropLogs(emitted_by(RAMP)))

    receipt = (await ask(proxy, "eth_getTransactionReceipt", "0x00"))["result"]

    assert [log["data"] for log in receipt["logs"]] == ["0x02"]


async def test_finality_freezes(proxy: FaultProxy, chain: FakeChain) -> None:
    proxy.set(FrozenTag())
    assert await finalized(proxy) == 10

    chain.finalized = 20

    assert await finalized(proxy) == 10
    proxy.clear()
    assert await finalized(proxy) == 20


async def test_finality_goes_back(proxy: FaultProxy) -> None:
    proxy.set(RegressedTag(3))

    assert await finalized(proxy) == 7


async def test_a_wide_range_is_refused(proxy: FaultProxy) -> None:
    proxy.set(RangeLimit(8))
    answer = await ask(proxy, "eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x9"})
    assert "max block range" in answer["error"]["message"]

    proxy.set(RangeLimit(9))

    assert await get_logs(proxy) == ["0x01", "0x02"]


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_an_http_error_is_no_json(proxy: FaultProxy, code: int) -> None:
    proxy.set(Status(code))

    with pytest.raises(json.JSONDecodeError):
        await finalized(proxy)


async def test_a_truncated_body_is_no_json(proxy: FaultProxy) -> None:
    proxy.set(Truncated())

    with pytest.raises(json.JSONDecodeError):
        await finalized(proxy)


async def test_the_id_is_another_one(proxy: FaultProxy) -> None:
    proxy.set(WrongId())

    assert (await ask(proxy, "eth_getLogs", {}))["id"] == "not 5"


async def test_the_connection_is_cut(proxy: FaultProxy) -> None:
    proxy.set(Disconnected())

    with pytest.raises(httpx.RemoteProtocolError):
        await finalized(proxy)


async def test_it_hangs_only_where_told(proxy: FaultProxy) -> None:
    proxy.set(Hang(frozenset({"eth_getLogs"})))

    assert await finalized(proxy) == 10
    with pytest.raises(httpx.ReadTimeout):
        await ask(proxy, "eth_getLogs", {}, seconds=0.1)


async def test_it_is_late(proxy: FaultProxy) -> None:
    proxy.set(Latency(60))

    with pytest.raises(httpx.ReadTimeout):
        await ask(proxy, "eth_getLogs", {}, seconds=0.1)


# --- A replica that is behind, and an endpoint on another branch: before a real chain ---


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with Anvil(AnvilOptions(chain_id=31337)) as chain:
        chain.mine(10)
        yield chain


@pytest.fixture
async def replica(anvil: Anvil) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(anvil.url) as proxy:
        yield proxy


async def number_of(proxy: FaultProxy, *params: Any) -> int | None:
    block = (await ask(proxy, "eth_getBlockByNumber", *params, False))["result"]
    return None if block is None else int(block["number"], 16)


async def test_a_stale_replica_knows_no_newer_block_under_any_name(replica: FaultProxy, anvil: Anvil) -> None:
    newest = anvil.rpc("eth_getBlockByNumber", "latest", False)
    replica.set(StaleReplica(4))

    assert (await ask(replica, "eth_blockNumber"))["result"] == hex(6)
    assert await number_of(replica, "latest") == 6
    assert await number_of(replica, hex(6)) == 6
    assert await number_of(replica, hex(7)) is None
    assert await number_of(replica, "safe") == 6  # it is 8 elsewhere
    assert (await ask(replica, "eth_getBlockByHash", newest["hash"], False))["result"] is None


async def test_a_stale_replica_answers_nothing_as_of_a_newer_block(replica: FaultProxy, anvil: Anvil) -> None:
    user = anvil.rpc("eth_accounts")[0]
    replica.set(StaleReplica(4))

    for number, known in ((6, True), (7, False)):
        block = anvil.rpc("eth_getBlockByNumber", hex(number), False)
        for at in (hex(number), {"blockHash": block["hash"]}):
            assert ("result" in await ask(replica, "eth_call", {"to": user}, at)) == known
        assert ("result" in await ask(replica, "eth_getBlockReceipts", hex(number))) == known
    assert "result" in await ask(replica, "eth_call", {"to": user}, "latest")


async def test_a_stale_replica_leaves_newer_logs_out_without_a_word(
    replica: FaultProxy, anvil: Anvil
) -> None:
    emitter, user = "0x" + "e0" * 20, anvil.rpc("eth_accounts")[0]
    anvil.rpc("anvil_setCode", emitter, "0x5f5fa0")
    anvil.automine(False)  # which would mine at once, but after it has answered
    for _ in range(3):
        newest = anvil.rpc("eth_sendTransaction", {"from": user, "to": emitter})
        anvil.mine()
    replica.set(StaleReplica(1))

    for until in ("latest", hex(anvil.block_number())):
        logs = (await ask(replica, "eth_getLogs", {"fromBlock": "0x0", "toBlock": until}))["result"]
        assert [int(log["blockNumber"], 16) for log in logs] == [11, 12]
    assert (await ask(replica, "eth_getLogs", {"fromBlock": "0xd", "toBlock": "0xd"}))["result"] == []
    assert (await ask(replica, "eth_getTransactionReceipt", newest))["result"] is None


async def test_an_endpoint_on_another_branch_tells_other_hashes_and_answers_for_them(
    replica: FaultProxy, anvil: Anvil
) -> None:
    true = {number: anvil.rpc("eth_getBlockByNumber", hex(number), False) for number in (7, 8, 9)}
    replica.set(ForkedFrom(8))

    told = {n: (await ask(replica, "eth_getBlockByNumber", hex(n), False))["result"] for n in true}

    assert told[7] == true[7]
    assert told[8]["hash"] != true[8]["hash"]
    assert told[8]["parentHash"] == true[7]["hash"]
    assert told[9]["parentHash"] == told[8]["hash"]
    again = (await ask(replica, "eth_getBlockByHash", told[8]["hash"], False))["result"]
    assert again == told[8]


async def test_an_endpoint_says_that_it_is_another_chain(replica: FaultProxy) -> None:
    replica.set(WrongChain(5))
    assert (await ask(replica, "eth_chainId"))["result"] == "0x5"
    assert (await ask(replica, "net_version"))["result"] == "5"
    replica.clear()
    assert (await ask(replica, "eth_chainId"))["result"] == hex(31337)
