"""Views: many at once, at one block, and every one of them is a function its contract really has."""

import inspect
import json

import pytest

from ccip_py.chains.evm import contracts
from ccip_py.chains.evm.blocks import block_of
from ccip_py.chains.evm.caller import Caller, View, function, split_types
from ccip_py.chains.evm.contracts import ERC20, RMN, CommitStore, FeeQuoter, OffRamp, OnRamp, Price, Router
from ccip_py.chains.evm.endpoint import UnknownBlock
from ccip_py.chains.evm.reverts import ARTIFACTS
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.ports import Block
from ccip_py.errors import ContractRefused
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.protocol.keccak import keccak
from ccip_py.protocol.message import ExecutionState, OutgoingMessage

pytestmark = pytest.mark.anyio
TOPIC = b"\x11" * 32
HERE = Address(b"\x33" * 20)


@pytest.fixture
def caller(rpc):
    return Caller(rpc)


def head(anvil):
    return block_of(anvil("eth_getBlockByNumber", "latest", False))


async def test_a_view_is_read_at_the_pinned_block(anvil, emitter, caller):
    before = head(anvil)
    anvil.emit(emitter, TOPIC)

    assert await caller.read(before, OnRamp(emitter).expected_next()) == 1
    assert await caller.read("latest", OnRamp(emitter).expected_next()) == 2


async def test_a_block_that_was_reorganised_away_is_unknown(anvil, emitter, caller):
    anvil.mine(2)
    gone = head(anvil)
    anvil.reorg(1)

    with pytest.raises(UnknownBlock):
        await caller.read(gone, OnRamp(emitter).expected_next())


async def test_a_revert_is_a_refusal_by_name_and_does_not_spoil_the_others(anvil, emitter, reverter, caller):
    cursed = View("OnRamp", reverter, function("CursedByRMN()"), ("bool",), bool)
    good = View("OnRamp", emitter, b"abcd", ("uint64",), int)

    answers = await caller.try_all("latest", [good, cursed, good])

    assert answers[0] == answers[2] == 1
    assert isinstance(answers[1], ContractRefused)
    with pytest.raises(ContractRefused):
        await caller.read_all("latest", [good, cursed])


async def test_an_address_without_code_is_a_refusal_with_a_hint(caller):
    with pytest.raises(ContractRefused, match="UnexpectedAnswer") as caught:
        await caller.read("latest", OnRamp(HERE).expected_next())

    assert "deployed" in caught.value.hint


async def test_an_answer_of_another_shape_is_a_refusal(node):
    node.answers["eth_call"] = "0x" + "ff" * 32
    async with Rpc(node.url, chain_id=31337) as rpc:
        for view in (
            OnRamp(HERE).expected_next(),  # too large for uint64
            OffRamp(HERE).execution_state(1),  # no such state
            CommitStore(HERE).is_blessed(bytes(32)),  # no bool
            ERC20(HERE).symbol(),  # an offset to nowhere
        ):
            with pytest.raises(ContractRefused):
                await Caller(rpc).read("latest", view)


def word(value):
    return value.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("view", "raw", "value"),
    [
        (OffRamp(HERE).execution_state(4), word(2), ExecutionState.SUCCESS),
        (CommitStore(HERE).paused(), word(1), True),
        (Router(HERE).on_ramp(ChainSelector(1)), word(int.from_bytes(HERE, "big")), HERE),
        (FeeQuoter(HERE).gas_price(ChainSelector(1)), word(7) + word(8), Price(7, 8)),
        (FeeQuoter(HERE).token_prices([HERE]), word(32) + word(1) + word(7) + word(8), (Price(7, 8),)),
        (RMN(HERE).cursed_subjects(), word(32) + word(1) + b"\x01" * 16 + bytes(16), (b"\x01" * 16,)),
    ],
)
def test_answers_become_protocol_values(view, raw, value):
    assert view.answer(raw) == value


def test_the_block_goes_out_by_hash():
    _, (_, where) = OnRamp(HERE).expected_next().request(Block(7, b"\x44" * 32, 0))

    assert where == {"blockHash": "0x" + "44" * 32}


def test_types_are_split_at_the_top_level_only():
    assert split_types("uint64,(address,bytes)[],bytes32[3]") == ["uint64", "(address,bytes)[]", "bytes32[3]"]
    assert function("transfer(address,uint256)", HERE, 1).hex().startswith("a9059cbb")


# Every handle against the compiled contracts

SAMPLES = {
    "Address": HERE,
    "ChainSelector": ChainSelector(1),
    "SeqNr": 1,
    "Root": bytes(32),
    "bytes": bytes(16),
    "bytes | None": bytes(16),
    "int": 1,
    "Sequence[ccip_py.protocol.ids.Address]": [HERE],
    "OutgoingMessage": OutgoingMessage(bytes(32), b"", (), HERE, b""),
}
ARTIFACT_OF = {"TokenPool": "BurnMintTokenPool", "ERC20": "BurnMintERC20"}


def sample_for(parameter):
    text = inspect.formatannotation(parameter.annotation)
    return SAMPLES[max((known for known in SAMPLES if text.endswith(known)), key=len)]


def canonical(field):
    kind = field["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(canonical, field['components']))}){kind[5:]}"


HANDLES = [
    handle
    for handle in vars(contracts).values()
    if inspect.isclass(handle)
    and handle.__module__ == contracts.__name__
    and "address" in handle.__annotations__
]


@pytest.mark.parametrize("handle", HANDLES, ids=lambda handle: handle.__name__)
def test_every_view_is_a_function_of_the_compiled_contract(handle):
    path = ARTIFACTS / f"{ARTIFACT_OF.get(handle.__name__, handle.__name__)}.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not compiled: run scripts/setup")
    functions = {}
    for item in json.loads(path.read_text(encoding="utf-8"))["abi"]:
        if item["type"] == "function":
            signature = f"{item['name']}({','.join(map(canonical, item['inputs']))})"
            functions[keccak(signature.encode())[:4]] = item

    for name, method in inspect.getmembers(handle, inspect.isfunction):
        if name.startswith("_") or name == "approve":
            continue
        parameters = list(inspect.signature(method).parameters.values())[1:]
        view = method(handle(HERE), *(sample_for(parameter) for parameter in parameters))
        assert view.data[:4] in functions, f"{handle.__name__}.{name}"
        outputs = tuple(canonical(field) for field in functions[view.data[:4]]["outputs"])
        assert view.outputs == outputs, f"{handle.__name__}.{name}"
