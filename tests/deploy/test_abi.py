"""Contracts are called by names: of functions, of struct fields, in any order."""

import pytest

from ccip_py.deploy.abi import call_data, creation_data, encode_values, result
from ccip_py.deploy.artifacts import Artifact
from ccip_py.errors import CannotEncode

ADDRESS = b"\x17" * 20
PAIR = {
    "name": "pair",
    "type": "tuple",
    "internalType": "struct Pair",
    "components": [{"name": "who", "type": "address"}, {"name": "amount", "type": "uint256"}],
}
PAIRS = {**PAIR, "name": "pairs", "type": "tuple[]"}


def function(name: str, inputs: list[object], outputs: list[object]) -> dict[str, object]:
    return {"type": "function", "name": name, "inputs": inputs, "outputs": outputs}


CONTRACT = Artifact(
    name="Example",
    source="contracts/Example.sol",
    abi=(
        {"type": "constructor", "inputs": [PAIR]},
        function("put", [PAIRS], []),
        function("ask", [], [{"name": "", "type": "bool"}]),
        function("ask", [{"name": "id", "type": "bytes16"}], [{"name": "", "type": "bool"}]),
        function("get", [], [PAIR]),
        function("both", [], [{"name": "first", "type": "address"}, {"name": "", "type": "uint8[]"}]),
    ),
    bytecode=b"\x60\x80",
    deployed_bytecode=b"",
)


def test_structs_are_encoded_by_field_name_in_any_order() -> None:
    one = call_data(CONTRACT, "put", [[{"who": ADDRESS, "amount": 5}]])
    other = call_data(CONTRACT, "put", [[{"amount": 5, "who": ADDRESS}]])

    assert one == other
    assert one[4:] == encode_values(["uint256", "uint256", "address", "uint256"], [32, 1, ADDRESS, 5])


@pytest.mark.parametrize("struct", [{"who": ADDRESS}, {"who": ADDRESS, "amount": 1, "more": 2}])
def test_a_struct_with_other_fields_is_refused_by_name(struct: dict[str, object]) -> None:
    with pytest.raises(CannotEncode, match=r"struct Pair differs in (amount|more)"):
        call_data(CONTRACT, "put", [[struct]])


def test_constructor_arguments_follow_the_code() -> None:
    data = creation_data(CONTRACT, [{"who": ADDRESS, "amount": 5}])

    assert data == b"\x60\x80" + encode_values(["address", "uint256"], [ADDRESS, 5])


def test_an_interface_cannot_be_deployed() -> None:
    with pytest.raises(CannotEncode, match="nothing to deploy"):
        creation_data(Artifact("IExample", "", (), b"", b""), [])


def test_overloads_are_told_apart_by_their_arguments() -> None:
    assert call_data(CONTRACT, "ask", [])[:4] != call_data(CONTRACT, "ask", [bytes(16)])[:4]


@pytest.mark.parametrize(("name", "arguments"), [("nothing", []), ("get", [1])])
def test_a_function_that_is_not_there_is_named(name: str, arguments: list[int]) -> None:
    with pytest.raises(CannotEncode, match=f"Example has no function {name} with {len(arguments)} arguments"):
        call_data(CONTRACT, name, arguments)


def test_an_address_has_twenty_bytes() -> None:
    with pytest.raises(CannotEncode, match="an address has 20 bytes, got 32"):
        encode_values(["address"], [bytes(32)])


def test_answers_come_back_by_name_with_addresses_as_bytes() -> None:
    word = encode_values(["address", "uint256"], [ADDRESS, 5])
    several = encode_values(["address", "uint8[]"], [ADDRESS, [1, 2]])

    assert result(CONTRACT, "get", 0, word) == {"who": ADDRESS, "amount": 5}
    assert result(CONTRACT, "ask", 0, encode_values(["bool"], [True])) is True
    assert result(CONTRACT, "both", 0, several) == {"first": ADDRESS, "1": [1, 2]}
