"""Remote calls from Python, against two contracts that are played by a table of answers.

Whole applications on real chains are in examples/.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from eth_abi.abi import encode
from hexbytes import HexBytes

from ccip_py.apps import Application, AsyncApplication, CallStage, Outcome, RemoteCall
from ccip_py.apps.calls import CALL_SENT, CALLS, DECISIONS, PEERS, SET_PEER, only
from ccip_py.apps.typed import calldata, function_of, returned
from ccip_py.errors import BadInput, CannotEncode, ContractRefused, NotYet
from ccip_py.protocol.ids import NO_ADDRESS, Address, ChainSelector
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.book import Book, KnownChain
from ccip_py.sdk.flow import Calls, Failure

HOME, AWAY = ChainSelector(1), ChainSelector(2)
HERE, THERE = "0x" + "11" * 20, "0x" + "22" * 20
CALL_ID, HASH = HexBytes(keccak(b"call")), HexBytes(keccak(b"transaction"))
DEADLINE = 1_000

TAKE = {
    "type": "function",
    "name": "take",
    "stateMutability": "nonpayable",
    "inputs": [{"name": "units", "type": "uint256"}],
    "outputs": [{"name": "", "type": "uint256"}],
}
BOTH = {
    "type": "function",
    "name": "both",
    "stateMutability": "nonpayable",
    "inputs": [{"name": "order", "type": "tuple", "components": [{"name": "id", "type": "uint8"}]}],
    "outputs": [{"name": "id", "type": "uint8"}, {"name": "", "type": "bool"}],
}
REFUSING = {"type": "error", "name": "Refusing", "inputs": [{"name": "why", "type": "uint256"}]}
ABI = [TAKE, BOTH, REFUSING]
SELECTOR = keccak(b"take(uint256)")[:4]


@dataclass
class World:
    """What the two contracts say."""

    known: int = 0  # the outcome at the origin
    decided: int = 0  # at the remote
    data: bytes = b""
    peer: str = THERE
    now: int = DEADLINE
    fee: int = 40
    friends: dict[str, str] = field(default_factory=dict)  # who has whom for a peer

    def answer(self, step: Calls) -> tuple[Any, ...]:
        return tuple(self._one(step.chain, call.method, call.params) for call in step.calls)

    def _one(self, chain: ChainSelector, method: str, params: tuple[Any, ...]) -> Any:
        match method:
            case "eth_call":
                return self._view(params[0])
            case "eth_getBlockByNumber" | "eth_getBlockByHash":
                return {"timestamp": hex(self.now), "baseFeePerGas": "0x1"}
            case "eth_getTransactionReceipt":
                return {
                    "blockNumber": "0x5",
                    "blockHash": "0x00",
                    "transactionHash": HASH,
                    "gasUsed": "0x1",
                    "status": "0x1",
                }
            case "eth_getLogs":
                return [self._log()]
            case "eth_sendRawTransaction":
                return HASH.to_0x_hex()
            case _:
                return "0x7"

    def _view(self, request: dict[str, Any]) -> Any:
        data = bytes(HexBytes(request["data"]))
        if data[:4] == CALLS.selector:
            return HexBytes(
                encode(CALLS.outputs, (self.peer, AWAY, self.known, SELECTOR, DEADLINE))
            ).to_0x_hex()
        if data[:4] == DECISIONS.selector:
            return HexBytes(encode(DECISIONS.outputs, (self.decided, self.data))).to_0x_hex()
        if data[:4] == PEERS.selector:
            friend = self.friends.get(request["to"].lower(), "0x" + "00" * 20)
            return HexBytes(encode(PEERS.outputs, (friend,))).to_0x_hex()
        if self.fee and data[:4] != SET_PEER.selector:
            return Failure(
                3,
                "revert",
                keccak(b"FeeNotCovered(uint256,uint256)")[:4] + encode(["uint256"] * 2, [self.fee, 0]),
            )
        return "0x"

    def _log(self) -> dict[str, Any]:
        return {
            "topics": [
                "0x" + t.hex() for t in (CALL_SENT, CALL_ID, AWAY.to_bytes(32, "big"), keccak(b"message"))
            ],
            "data": "0x" + encode(("address", "bytes4", "uint64"), (THERE, SELECTOR, DEADLINE)).hex(),
            "blockNumber": "0x5",
            "transactionHash": HASH,
            "logIndex": "0x0",
            "address": HERE,
        }


class Driver:
    """Answers flows out of the world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def run(self, flow: Any) -> Any:
        answer = None
        while True:
            try:
                step = flow.send(answer)
            except StopIteration as end:
                return end.value
            answer = self.world.answer(step) if isinstance(step, Calls) else None


class AsyncDriver(Driver):
    async def run(self, flow: Any) -> Any:
        return super().run(flow)


class Account:
    """Keeps what it signed."""

    address = "0x" + "33" * 20

    def __init__(self) -> None:
        self.signed: list[dict[str, Any]] = []

    def sign_transaction(self, transaction: dict[str, Any]) -> Any:
        self.signed.append(transaction)
        return SimpleNamespace(raw_transaction=b"\1", hash=HASH)


def a_chain(name: str, selector: ChainSelector) -> KnownChain:
    return KnownChain(name, int(selector), selector, Address(NO_ADDRESS), None, None, Address(NO_ADDRESS))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ccip(world: World) -> Any:
    return SimpleNamespace(
        book=Book((a_chain("home", HOME), a_chain("away", AWAY)), ()), driver=Driver(world)
    )


@pytest.fixture
def app(ccip: Any) -> Application:
    parts = {"home": SimpleNamespace(address=HERE, abi=ABI), "away": SimpleNamespace(address=THERE, abi=ABI)}
    return Application(ccip, parts)


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def call(app: Application, account: Account) -> RemoteCall:
    return app.call("home", "take", 5, signer=account, value=9)


# --- Making a call ---


def test_a_call_is_read_from_what_the_origin_emitted(call: RemoteCall, account: Account) -> None:
    assert (call.call_id, call.origin, call.remote) == (CALL_ID, HOME, AWAY)
    assert (call.caller.lower(), call.peer.lower()) == (HERE, THERE)
    assert (call.function, call.deadline, call.block) == ("take", DEADLINE, 5)
    assert account.signed[0]["value"] == 9
    assert account.signed[0]["data"] == "0x" + (SELECTOR + encode(["uint256"], [5])).hex()


def test_a_function_that_makes_no_call_or_several_is_not_awaited(call: RemoteCall) -> None:
    for calls in ((), (call, call)):
        with pytest.raises(BadInput, match=f"made {len(calls)} remote calls"):
            only(calls, "take")


def test_an_unknown_function_is_answered_with_those_there_are() -> None:
    with pytest.raises(BadInput) as unknown:
        calldata(ABI, "give", [1])
    with pytest.raises(BadInput) as misused:
        calldata(ABI, "take", [1, 2])

    assert "no such function" in unknown.value.hint
    assert "take(uint256)" in misused.value.hint


@pytest.mark.parametrize("argument", [-1, 2**256, "five", 1.5])
def test_an_argument_that_does_not_fit_is_refused(argument: object) -> None:
    with pytest.raises(CannotEncode, match=r"take\(uint256\)"):
        calldata(ABI, "take", [argument])


def test_structs_go_in_by_name_and_several_results_come_out_by_name() -> None:
    data = calldata(ABI, "both", [{"id": 3}])

    assert data[4:] == encode(["(uint8)"], [(3,)])
    assert returned(BOTH, encode(["uint8", "bool"], [3, True])) == {"id": 3, "1": True}
    assert returned({**BOTH, "outputs": []}, b"") is None
    assert function_of(ABI, data[:4]) == BOTH
    assert function_of(ABI, b"\0\0\0\0") is None


# --- Looking ---


def test_nothing_is_known_before_the_remote_decides(app: Application, call: RemoteCall) -> None:
    status = app.look(call)

    assert (status.stage, status.outcome, status.result) == (CallStage.OPEN, Outcome.UNDECIDED, None)


@pytest.mark.parametrize(("now", "overdue"), [(DEADLINE, False), (DEADLINE + 1, True)])
def test_it_is_overdue_after_its_deadline(
    app: Application, call: RemoteCall, world: World, now: int, overdue: bool
) -> None:
    world.now = now

    assert app.look(call).overdue is overdue


def test_a_decision_is_shown_before_the_origin_knows_it(
    app: Application, call: RemoteCall, world: World
) -> None:
    world.decided, world.data = 1, encode(["uint256"], [12])

    status = app.look(call)

    assert (status.stage, status.outcome, status.result) == (CallStage.DECIDED, Outcome.SUCCEEDED, 12)


def test_a_failure_is_shown_by_name(app: Application, call: RemoteCall, world: World) -> None:
    world.known = world.decided = 2
    world.data = keccak(b"Refusing(uint256)")[:4] + encode(["uint256"], [7])

    status = app.wait(call)

    assert (status.stage, status.outcome) == (CallStage.SETTLED, Outcome.FAILED)
    assert (status.error, status.result) == ("Refusing(why=7)", None)


def test_a_result_that_is_not_of_the_abi_is_no_result(
    app: Application, call: RemoteCall, world: World
) -> None:
    world.known = world.decided = 1
    world.data = b"\1"

    with pytest.raises(BadInput, match="what take returned is not uint256"):
        app.look(call)


def test_an_endpoint_that_lags_is_not_believed(app: Application, call: RemoteCall, world: World) -> None:
    world.known, world.decided = 1, 0
    with pytest.raises(NotYet, match="lags"):
        app.look(call)

    world.peer = "0x" + "00" * 20
    with pytest.raises(NotYet, match="the origin does not know this call"):
        app.look(call)


# --- Waiting and pushing ---


def test_waiting_ends_with_what_may_help(app: Application, call: RemoteCall, world: World) -> None:
    with pytest.raises(NotYet, match="take is not settled") as late:
        app.wait(call, timeout=-1)
    assert "can be cancelled after its deadline" in late.value.hint

    world.now = DEADLINE + 1
    with pytest.raises(NotYet) as late:
        app.wait(call, timeout=-1)
    assert "overdue: cancel it" in late.value.hint

    world.decided = 1
    world.data = encode(["uint256"], [12])
    with pytest.raises(NotYet) as late:
        app.wait(call, timeout=-1)
    assert "send_reply" in late.value.hint


def test_between_looks_it_does_what_it_is_told(app: Application, call: RemoteCall, world: World) -> None:
    def settle() -> None:
        world.known = world.decided = 1
        world.data = encode(["uint256"], [12])

    assert app.wait(call, pause=settle).result == 12


def test_a_test_whose_steps_change_nothing_ends(app: Application, call: RemoteCall) -> None:
    steps: list[int] = []

    with pytest.raises(NotYet, match="it is OPEN"):
        app.wait(call, pause=lambda: steps.append(1))
    assert len(steps) == 100


def test_a_cancellation_offers_the_fee_and_a_little_more(
    app: Application, call: RemoteCall, account: Account
) -> None:
    app.cancel(call, signer=account)

    cancelling = account.signed[-1]
    assert cancelling["to"].lower() == HERE
    assert cancelling["value"] == 44
    assert cancelling["data"].startswith("0x" + keccak(b"cancel(bytes32,uint32,uint32)")[:4].hex())


@pytest.mark.parametrize(
    ("known", "decided", "now", "does"),
    [
        (0, 0, DEADLINE, None),
        (0, 0, DEADLINE + 1, b"cancel(bytes32,uint32,uint32)"),
        (0, 2, DEADLINE, b"sendReply(uint64,address,bytes32,uint32)"),
        (2, 2, DEADLINE + 1, None),
    ],
    ids=["open", "overdue", "decided", "settled"],
)
def test_pushing_does_what_anyone_may_and_nothing_where_there_is_nothing_to_do(
    app: Application,
    call: RemoteCall,
    account: Account,
    world: World,
    known: int,
    decided: int,
    now: int,
    does: Any,
) -> None:
    world.known, world.decided, world.now = known, decided, now
    before = len(account.signed)

    done = app.push(call, signer=account)

    signed = [transaction["data"][:10] for transaction in account.signed[before:]]
    assert signed == ([] if does is None else ["0x" + keccak(does)[:4].hex()])
    assert (done is None) is (does is None)


def test_parts_are_introduced_once_and_both_ways(app: Application, account: Account, world: World) -> None:
    assert app.introduce(signer=account) == 2
    targets = [transaction["to"].lower() for transaction in account.signed]
    assert targets == [HERE, THERE]
    assert account.signed[0]["data"].endswith(THERE[2:])

    world.friends = {HERE: THERE, THERE: HERE}

    assert app.introduce(("home", "away"), signer=account) == 0


def test_a_reply_is_sent_from_the_remote_and_free_where_it_costs_nothing(
    app: Application, call: RemoteCall, account: Account, world: World
) -> None:
    world.fee = 0

    app.send_reply(call, signer=account)

    assert account.signed[-1]["to"].lower() == THERE
    assert account.signed[-1]["value"] == 0


def test_another_refusal_is_passed_on_and_nothing_signed(
    app: Application, call: RemoteCall, account: Account, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Failure(3, "revert", keccak(b"Refusing(uint256)")[:4] + encode(["uint256"], [7]))
    monkeypatch.setattr(World, "_view", lambda *_: refused)
    signed = len(account.signed)

    with pytest.raises(ContractRefused, match="Refusing"):
        app.cancel(call, signer=account)
    assert len(account.signed) == signed


# --- Asynchronously ---


def test_the_asynchronous_face_does_the_same(ccip: Any, world: World, account: Account) -> None:
    parts = {"home": SimpleNamespace(address=HERE, abi=ABI), "away": SimpleNamespace(address=THERE, abi=ABI)}
    ccip.driver = AsyncDriver(world)

    async def story() -> tuple[Any, ...]:
        app = AsyncApplication(ccip, parts)
        call = await app.call("home", "take", 5, signer=account)
        with pytest.raises(NotYet):
            await app.wait(call, timeout=-1)
        await app.cancel(call, signer=account)
        await app.send_reply(call, signer=account)
        world.known = world.decided = 1
        world.data = encode(["uint256"], [12])
        since = await app.calls_since("home")
        return call, since, await app.calls_in("home", HASH), await app.wait(call)

    call, since, found, status = anyio.run(story)

    assert since == found == (call,)
    assert status.result == 12
    assert len(account.signed) == 3
