"""Revert data is shown by name and values, however it is wrapped, and no data can make the reader fail."""

import json

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from ccip_py.chains.evm.caller import function
from ccip_py.chains.evm.reverts import ErrorType, errors_of, explain, our_errors, refusal


def an_error(name, **inputs):
    fields = [{"name": field, "type": kind} for field, kind in inputs.items()]
    return {"type": "error", "name": name, "inputs": fields}


INTERVAL = {"name": "interval", "type": "tuple", "components": [{"type": "uint64"}, {"type": "uint64"}]}
ABIS = {
    "OffRamp": [
        an_error("ReceiverError", err="bytes"),
        an_error("TokenHandlingError", err="bytes"),
        an_error("ExecutionError", err="bytes"),
        an_error("CursedByRMN"),
        {"type": "function", "name": "ReceiverError", "inputs": []},
    ],
    "IOffRamp": [an_error("ReceiverError", err="bytes"), an_error("CursedByRMN")],
    "OnRamp": [an_error("CursedByRMN")],
    "CommitStore": [{"type": "error", "name": "InvalidInterval", "inputs": [INTERVAL]}],
    "Pool": [
        an_error("TokenRateLimitReached", minWait="uint256", available="uint256", token="address"),
        {"type": "error", "name": "Nameless", "inputs": [{"name": "", "type": "bytes32"}]},
    ],
}
ERRORS = errors_of(ABIS)
NO = function("Error(string)", "no")
TOKEN = bytes.fromhex("c0ffee254729296a45a3885639ac7e10f9d54979")


def test_an_error_is_named_with_its_contract_and_values():
    data = function("TokenRateLimitReached(uint256,uint256,address)", 7, 5, TOKEN)

    refused = refusal(data, errors=ERRORS)

    assert (refused.contract, refused.error) == ("Pool", "TokenRateLimitReached")
    assert refused.values == {
        "minWait": 7,
        "available": 5,
        "token": "0xc0ffee254729296a45a3885639AC7E10F9d54979",
    }


def test_structs_and_nameless_values_are_decoded():
    assert explain(function("InvalidInterval((uint64,uint64))", (3, 2)), ERRORS).values == {
        "interval": (3, 2)
    }
    assert explain(function("Nameless(bytes32)", b"\x07" * 32), ERRORS).values == {"0": b"\x07" * 32}


def test_a_wrapped_error_is_decoded_to_the_bottom():
    data = function("ExecutionError(bytes)", function("ReceiverError(bytes)", NO))

    revert = explain(data, ERRORS)

    assert str(revert) == "ExecutionError(err=ReceiverError(err=Error(message=no)))"
    assert revert.innermost.values == {"message": "no"}
    assert refusal(data, errors=ERRORS).values == {"err": "ReceiverError(err=Error(message=no))"}


def test_errors_that_wrap_themselves_are_followed_only_so_far():
    data = NO
    for _ in range(50):
        data = function("ReceiverError(bytes)", data)

    assert str(explain(data, ERRORS)).count("ReceiverError") == 9


@pytest.mark.parametrize(
    ("code", "meaning"), [(0x11, "overflow"), (0x12, "zero"), (0x32, "bounds"), (0x99, "")]
)
def test_a_panic_says_what_it_means(code, meaning):
    revert = explain(function("Panic(uint256)", code), ERRORS)

    assert revert.values == {"code": code}
    assert meaning in revert.hint


def test_no_data_is_named_and_hinted():
    refused = refusal(b"", "Router", ERRORS)

    assert (refused.contract, refused.error) == ("Router", "NoReason")
    assert "out of gas" in refused.hint


@pytest.mark.parametrize(
    "data", [b"\xde\xad\xbe\xef", b"\xde\xad\xbe\xef\x01", b"\x01", function("ReceiverError(bytes)", NO)[:40]]
)
def test_what_is_not_known_is_shown_as_it_is(data):
    revert = explain(data, ERRORS)

    assert revert.name == "0x" + data[:4].hex()
    assert revert.values == {"data": data[4:]}
    assert revert.hint


def test_the_contract_is_the_callers_word_the_only_declarer_or_nobody():
    cursed = function("CursedByRMN()")

    assert refusal(cursed, "OnRamp", ERRORS).contract == "OnRamp"
    assert refusal(cursed, errors=ERRORS).contract == "a contract"
    assert refusal(function("ReceiverError(bytes)", NO), errors=ERRORS).contract == "OffRamp"


@given(st.sampled_from([b"", *ERRORS]), st.binary(max_size=300))
def test_no_data_makes_it_fail(selector, rest):
    assert str(explain(selector + rest, ERRORS))


@given(st.text(max_size=40), st.integers(0, 8))
def test_every_wrapped_text_comes_out_again(text, wrappings):
    data = function("Error(string)", text)
    for _ in range(wrappings):
        data = function("TokenHandlingError(bytes)", data)

    assert explain(data, ERRORS).innermost.values == {"message": text}


def test_artifacts_are_read_from_a_folder_and_again_when_one_is_added(tmp_path):
    def add(name):
        text = json.dumps({"contractName": name, "abi": [an_error(f"{name}Broke", why="uint8")]})
        (tmp_path / f"{name}.json").write_text(text)

    add("One")
    (tmp_path / "manifest.json").write_text('["not", "an", "artifact"]')
    first = our_errors(tmp_path)
    add("Two")

    assert explain(function("OneBroke(uint8)", 1), first).name == "OneBroke"
    assert explain(function("TwoBroke(uint8)", 2), our_errors(tmp_path)).values == {"why": 2}
    assert our_errors(tmp_path / "none") == errors_of({})


def test_a_selector_is_that_of_the_canonical_signature():
    error = ErrorType("InvalidInterval", ("interval",), ("(uint64,uint64)",))

    assert error.selector.hex() == "bb1ae18d"
    assert encode(error.types, [(1, 2)]) == function("InvalidInterval((uint64,uint64))", (1, 2))[4:]
