"""Endpoints that hang, lie about form, or are of another chain: the caller gets an answer, or EndpointDown."""

import json
import threading

import pytest

from ccip_py.chains.evm.endpoint import AnswerTooLarge, EndpointFault, RpcRefused, Target, UnknownBlock
from ccip_py.chains.evm.rpc import BATCH, Rpc
from ccip_py.errors import ConfigError, EndpointDown

pytestmark = pytest.mark.anyio


def an_rpc(*nodes, **options):
    return Rpc([node.url for node in nodes], **{"chain_id": 31337, "pause": 0, "timeout": 5.0, **options})


async def test_answers_come_in_the_order_of_the_questions(node):
    node.respond = lambda calls: (200, json.dumps([node.reply(c) for c in reversed(calls)]).encode())

    async with an_rpc(node) as rpc:
        answers = await rpc.batch([("eth_blockNumber", ()), ("eth_chainId", ())])

    assert answers == ["0x5", hex(31337)]


def spoil(**changes):
    """Answer the chain id right and everything else wrongly."""

    def respond(node, calls):
        replies = [node.reply(call) for call in calls]
        if calls[0]["method"] == "eth_chainId":
            return 200, json.dumps(replies).encode()
        return changes["status"], changes["body"](json.dumps(replies).encode(), replies)

    return respond


BAD_ANSWERS = {
    "too many requests": spoil(status=429, body=lambda body, _: body),
    "server error": spoil(status=503, body=lambda body, _: body),
    "redirect": spoil(status=302, body=lambda body, _: body),
    "html": spoil(status=200, body=lambda _b, _r: b"<html>Bad gateway</html>"),
    "truncated": spoil(status=200, body=lambda body, _: body[:-4]),
    "empty": spoil(status=200, body=lambda _b, _r: b""),
    "not a batch": spoil(status=200, body=lambda _b, replies: json.dumps(replies[0]).encode()),
    "list of nothing": spoil(status=200, body=lambda _b, _r: b"[]"),
    "list of numbers": spoil(status=200, body=lambda _b, _r: b"[1]"),
    "wrong id": spoil(status=200, body=lambda _b, r: json.dumps([{**r[0], "id": 99}]).encode()),
    "id as text": spoil(status=200, body=lambda _b, r: json.dumps([{**r[0], "id": "1"}]).encode()),
    "answered twice": spoil(status=200, body=lambda _b, r: json.dumps([r[0], r[0]]).encode()),
    "no result": spoil(status=200, body=lambda _b, _r: b'[{"id": 1}]'),
    "odd error": spoil(status=200, body=lambda _b, _r: b'[{"id": 1, "error": "no"}]'),
    "deep nesting": spoil(status=200, body=lambda _b, _r: b"[" * 200_000),
    "rate limit": spoil(status=200, body=lambda _b, _r: b'[{"id": 1, "error": {"message": "rate limited"}}]'),
    "batch refused": spoil(status=200, body=lambda _b, _r: b'{"error": {"code": -32600, "message": "no"}}'),
}


@pytest.mark.parametrize("fault", BAD_ANSWERS)
async def test_K10_a_bad_answer_is_an_endpoint_fault_and_the_next_endpoint_is_asked(fault, make_node):
    bad, good = make_node(), make_node()
    bad.respond = lambda calls: BAD_ANSWERS[fault](bad, calls)

    async with an_rpc(bad, good) as rpc:
        assert await rpc.call("eth_blockNumber") == "0x5"
        health = rpc.health()

    assert health[0].faults == 1
    assert health[0].last_fault
    assert health[1].faults == 0


@pytest.mark.parametrize("fault", BAD_ANSWERS)
async def test_when_nobody_answers_the_rounds_are_bounded(fault, node):
    node.respond = lambda calls: BAD_ANSWERS[fault](node, calls)

    async with an_rpc(node, rounds=3) as rpc:
        with pytest.raises(EndpointDown) as caught:
            await rpc.call("eth_blockNumber")

    assert caught.value.context["attempts"] == 3
    assert node.asked.count("eth_blockNumber") == 3


async def test_nobody_listening_is_endpoint_down():
    async with Rpc("http://127.0.0.1:1", pause=0) as rpc:
        with pytest.raises(EndpointDown):
            await rpc.call("eth_blockNumber")


async def test_an_endpoint_that_hangs_costs_one_time_limit(make_node):
    hanging, good = make_node(), make_node()
    over = threading.Event()
    hanging.respond = lambda calls: (over.wait(10), (200, b"[]"))[1]

    async with an_rpc(hanging, good, timeout=1.0) as rpc:
        assert await rpc.call("eth_blockNumber") == "0x5"
    over.set()


async def test_L9_a_body_above_the_cap_is_not_read(node):
    node.answers["eth_getLogs"] = "0x" + "00" * 100_000

    async with an_rpc(node, max_body=10_000) as rpc:
        with pytest.raises(AnswerTooLarge):
            await rpc.call("eth_getLogs", {})


async def test_K12_an_endpoint_of_another_chain_is_never_listened_to(make_node):
    other, good = make_node(), make_node()
    other.answers["eth_chainId"] = "0x1"

    async with an_rpc(other, good) as rpc:
        assert await rpc.call("eth_blockNumber") == "0x5"
        assert "is chain 1, not 31337" in rpc.health()[0].last_fault
    assert "eth_blockNumber" not in other.asked


async def test_K12_an_endpoint_of_a_chain_that_began_otherwise_is_never_listened_to(make_node):
    other, forgetful, good = make_node(), make_node(), make_node()
    for node, genesis in ((other, {"hash": "0x02"}), (forgetful, None), (good, {"hash": "0x01"})):
        node.answers["eth_getBlockByNumber"] = genesis

    async with an_rpc(other, forgetful, good, genesis="0x01") as rpc:
        answers = await rpc.ask_everyone("eth_blockNumber")

    assert "another chain with the id 31337" in str(answers[0])
    assert answers[1:] == ["0x5", "0x5"]
    assert "eth_blockNumber" not in other.asked


async def test_a_chain_that_changes_its_id_after_a_fault_is_dropped(node):
    async with an_rpc(node, rounds=1) as rpc:
        await rpc.call("eth_blockNumber")
        node.respond = lambda calls: (500, b"")
        with pytest.raises(EndpointDown):
            await rpc.call("eth_blockNumber")
        node.respond, node.answers["eth_chainId"] = node.honest, "0x2"

        with pytest.raises(EndpointDown):
            await rpc.call("eth_blockNumber")


async def test_the_first_answer_pins_the_chain_where_none_was_given(make_node):
    first, second = make_node(), make_node()
    second.answers["eth_chainId"] = "0x1"

    async with Rpc([first.url, second.url], pause=0) as rpc:
        await rpc.call("eth_blockNumber")
        assert rpc.chain_id == 31337
        assert isinstance((await rpc.ask_everyone("eth_blockNumber"))[1], EndpointFault)


async def test_a_faulty_endpoint_rests_and_a_healthy_one_is_preferred(make_node):
    bad, good = make_node(), make_node()
    bad.respond = lambda calls: (500, b"")

    async with an_rpc(bad, good) as rpc:
        for _ in range(5):
            await rpc.call("eth_blockNumber")

    assert len(bad.asked) == 1


async def test_everyone_is_asked_except_those_that_rest(make_node):
    bad, good = make_node(), make_node()
    bad.respond = lambda calls: (500, b"")

    async with an_rpc(bad, good) as rpc:
        first = await rpc.ask_everyone("eth_blockNumber")
        asked = len(bad.asked)
        second = await rpc.ask_everyone("eth_blockNumber", skip_resting=True)

    assert isinstance(first[0], EndpointFault)
    assert first[1] == second[1] == "0x5"
    assert len(bad.asked) == asked


async def test_when_all_rest_they_are_asked_all_the_same(node):
    node.respond = lambda calls: (500, b"")

    async with an_rpc(node) as rpc:
        await rpc.ask_everyone("eth_blockNumber")
        node.respond = node.honest

        assert await rpc.ask_everyone("eth_blockNumber", skip_resting=True) == ["0x5"]


async def test_a_refusal_is_an_answer_and_is_not_asked_again(make_node):
    first, second = make_node(), make_node()
    first.answers["eth_call"] = {
        "error": {"code": 3, "message": "execution reverted", "data": "0xdeadbeef01"}
    }

    async with an_rpc(first, second) as rpc:
        with pytest.raises(RpcRefused) as caught:
            await rpc.call("eth_call", {})

    assert caught.value.data == bytes.fromhex("deadbeef01")
    assert second.asked == []


@pytest.mark.parametrize(
    ("error", "data"),
    [
        ({"code": 3, "message": "execution reverted"}, b""),
        ({"code": -32000, "message": "execution reverted", "data": {"data": "0x01"}}, b"\x01"),
        ({"code": -32601, "message": "Method not found"}, None),
        ({"code": -32000, "message": "odd", "data": "0xzz"}, None),
    ],
)
async def test_revert_data_is_found_where_nodes_put_it(error, data, node):
    node.answers["eth_call"] = {"error": error}

    async with an_rpc(node) as rpc:
        [answer] = await rpc.try_batch([("eth_call", ({},))])

    assert isinstance(answer, RpcRefused)
    assert answer.data == data


async def test_an_endpoint_that_lags_is_passed_over_without_blame(make_node):
    behind, ahead = make_node(), make_node()
    behind.answers["eth_call"] = {"error": {"code": -32000, "message": "unknown block"}}
    ahead.answers["eth_call"] = "0x01"

    async with an_rpc(behind, ahead) as rpc:
        assert await rpc.call("eth_call", {}) == "0x01"
        assert rpc.health()[0].faults == 0


async def test_a_block_that_nobody_has_is_named_as_such(node):
    node.answers["eth_call"] = {"error": {"code": -32602, "message": "BlockOutOfRangeError: block height"}}

    async with an_rpc(node) as rpc:
        with pytest.raises(UnknownBlock):
            await rpc.call("eth_call", {})


async def test_long_batches_are_cut(node):
    sizes = []
    node.respond = lambda calls: (sizes.append(len(calls)), node.honest(calls))[1]

    async with an_rpc(node) as rpc:
        answers = await rpc.batch([("eth_blockNumber", ())] * (BATCH + 1))

    assert len(answers) == BATCH + 1
    assert sizes == [1, BATCH, 1]


async def test_secrets_in_a_url_are_never_shown():
    async with Rpc("http://user:hunter2@127.0.0.1:1/key-123?token=456", pause=0, rounds=1) as rpc:
        with pytest.raises(EndpointDown) as caught:
            await rpc.call("eth_blockNumber")
        shown = f"{caught.value} {rpc.health()}"

    assert not any(secret in shown for secret in ("hunter2", "key-123", "456"))


async def test_the_headers_of_an_endpoint_go_to_it_alone_and_are_never_shown(make_node):
    guarded, other = make_node(), make_node()
    guarded.respond = lambda calls: (401, b"")

    target = Target(guarded.url, {"authorization": "Bearer hunter2"})
    async with Rpc([target, other.url], chain_id=31337) as rpc:
        await rpc.call("eth_blockNumber")
        shown = f"{target} {rpc.health()}"

    assert guarded.headers[-1]["authorization"] == "Bearer hunter2"
    assert "authorization" not in other.headers[-1]
    assert "HTTP 401" in shown
    assert "hunter2" not in shown


def test_an_rpc_without_endpoints_is_refused():
    with pytest.raises(ConfigError):
        Rpc([])
