"""Commands that only look: lanes, tokens, balances, status; bytes; and networks that are known by their Routers."""

import os
import pty
import select
import signal
import subprocess
import sys

import pytest
from eth_abi.abi import encode

from ccip_py.protocol.codec import evm as codec
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.message import ExtraArgs
from ccip_py.sdk.signers import development

from .conftest import Run, Running

ME = development(0).address


def test_lanes_are_listed_and_shown(on: Run, running: Running) -> None:
    lanes, one = on("lane", "--json").json, on("lane", "-s", "a", "-D", "b").out

    assert [(lane["source"], lane["destination"], lane["in_use"]) for lane in lanes] == [
        ("a", "b", True),
        ("b", "a", True),
    ]
    assert isinstance(lanes[0]["source_selector"], str)
    assert "a → b: open" in one
    assert "30,000 bytes, 5 tokens" in one
    assert on("lane", "-s", "a").code == 2


def test_status_shows_chains_and_lanes(on: Run) -> None:
    document = on("status", "--json").json

    assert [chain["name"] for chain in document["chains"]] == ["a", "b"]
    assert all(chain["finalized"] <= chain["latest"] for chain in document["chains"])
    assert {lane["state"] for lane in document["lanes"]} == {"open"}
    assert "a → b" in on("status").out


def test_tokens_show_their_buckets(on: Run) -> None:
    tokens, text = (
        on("get-supported-tokens", "-s", "a", "-D", "b", "--json").json,
        on("get-supported-tokens", "-s", "a", "-D", "b").out,
    )

    assert {token["symbol"] for token in tokens} == {"BMT", "LRT"}
    assert tokens[0]["outbound"]["capacity"] == str(100_000 * 10**18)
    assert "of 100000, 1000 a second" in text


def test_balances_are_exact(on: Run) -> None:
    token, native = on("token", "-n", "b", "-t", "LINK", "-H", ME, "--json").json, on("token", "-n", "a").out

    assert token["whole"] == "1000"
    assert token["amount"] == str(1000 * 10**18)
    assert "native coin" in native


@pytest.mark.parametrize("arguments", [("-t", "NOPE"), ("-t", "0x12"), ("-H", "alice.eth")])
def test_unknown_tokens_and_holders_are_typing_errors(on: Run, arguments: tuple[str, ...]) -> None:
    assert on("token", "-n", "a", *arguments).code == 2


def test_a_network_without_a_file_is_found_by_its_routers(cli: Run, running: Running) -> None:
    routers = [
        f"--router={chain.name}={chain.rpc_url}@{checksum(chain.router)}"
        for chain in running.network.deployment.chains
    ]

    lanes = cli("lane", *routers, "--json").json
    quote = cli(
        "send", *routers, "-s", "a", "-D", "b", "--to", ME, "--token", "BMT=1", "--only-get-fee", "--json"
    )

    assert [lane["on_ramp"] for lane in lanes] == [
        checksum(lane.on_ramp) for lane in running.network.deployment.lanes
    ]
    assert int(quote.json["amount"]) > 0
    assert cli("lane", *routers, "--rpc", "a=http://x").code == 2
    assert cli("lane", "--router", "nonsense").code == 2


# Bytes


def test_calldata_is_parsed_with_its_structs(cli: Run) -> None:
    data = (
        "0x"
        + bytes.fromhex("96f4e9f9").hex()
        + encode(
            ["uint64", "(bytes,bytes,(address,uint256)[],address,bytes)"],
            [5, (b"\x01", b"hi", [(ME, 7)], ME, b"")],
        ).hex()
    )

    parsed = cli("parse", data, "--json").json

    assert parsed["kind"] == "call"
    assert parsed["name"].startswith("ccipSend(")
    assert parsed["values"]["destinationChainSelector"] == 5
    assert parsed["values"]["message"]["tokenAmounts"] == [{"token": ME, "amount": 7}]


def test_a_revert_inside_a_revert_is_parsed_by_name(cli: Run) -> None:
    inner = bytes.fromhex("08c379a0") + encode(["string"], ["no"])
    data = codec_selector("ReceiverError(bytes)") + encode(["bytes"], [inner])

    parsed = cli("parse", "0x" + data.hex(), "--json").json

    assert parsed["values"]["err"] == {"Error": {"message": "no"}}


def codec_selector(signature: str) -> bytes:
    from ccip_py.protocol.keccak import keccak

    return keccak(signature.encode())[:4]


def test_extra_args_are_parsed(cli: Run) -> None:
    data = codec.encode_extra_args(ExtraArgs(123, True))

    parsed = cli("parse", "0x" + data.hex(), "--json").json

    assert parsed["values"] == {"gas_limit": 123, "allow_out_of_order": True}


def test_an_event_is_parsed_from_topics_and_data(cli: Run) -> None:
    topics = [codec.EXECUTION_STATE_CHANGED, (7).to_bytes(32, "big"), b"\x11" * 32]
    data = encode(["uint8", "bytes"], [2, b""])

    parsed = cli("parse", "0x" + data.hex(), *(f"--topic=0x{topic.hex()}" for topic in topics), "--json").json

    assert parsed["name"] == "ExecutionStateChanged(uint64,bytes32,uint8,bytes)"
    assert parsed["values"]["sequenceNumber"] == 7
    assert parsed["values"]["state"] == 2


@pytest.mark.parametrize(("data", "code"), [("0x12345678", 1), ("0x", 1), ("hello", 2)])
def test_what_is_not_recognised_is_said(cli: Run, data: str, code: int) -> None:
    assert cli("parse", data).code == code


def test_the_auditor_judges_the_network(on: Run) -> None:
    document, text = on("audit", "--json"), on("audit")

    assert (document.code, document.json["holds"]) == (0, True)
    assert "S1" in document.json["invariants"]
    assert "holds   S1 " in text.out


def test_an_audit_that_could_not_read_decides_nothing(on: Run) -> None:
    ran = on("audit", "--rpc", "a=http://127.0.0.1:1")

    assert (ran.code, ran.out) == (1, "")
    assert "error[ENDPOINT_DOWN]: nothing was decided" in ran.err


def test_a_panic_says_what_its_number_means(cli: Run) -> None:
    data = "0x4e487b71" + "11".zfill(64)

    assert cli("parse", data).out.splitlines()[-1].strip() == "(arithmetic overflow)"
    assert cli("parse", data, "--json").json["hint"] == "arithmetic overflow"


def test_status_goes_on_on_a_terminal_until_it_is_interrupted(running: Running) -> None:
    """Each look is written over the one before, and shows blocks that were mined meanwhile."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ccip_py.cli", "status", "--live", "--deployment", str(running.file)]
    child = subprocess.Popen(command, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    said = ""
    try:
        while len(set(_heights(said))) < 2:
            said += _next(ours)
        child.send_signal(signal.SIGINT)
        while chunk := _next(ours):
            said += chunk
    except OSError:
        pass  # Linux says so when the other end is gone
    finally:
        os.close(ours)
        try:
            child.wait(timeout=60)
        finally:
            child.kill()

    heights = _heights(said)
    assert heights[-1] > heights[0]
    assert "a → b" in said
    assert child.returncode == 130


def _heights(said: str) -> list[int]:
    """Of the first chain, on every screen that was written to its end."""
    whole = said.rpartition(AGAIN)[0]
    return [int(line.split()[2]) for line in whole.splitlines() if line.startswith("a  ")]


def _next(terminal: int) -> str:
    """What is said next, within a minute."""
    readable, _, _ = select.select([terminal], [], [], 60)
    assert readable, "nothing is said any more"
    return os.read(terminal, 4096).decode()


AGAIN = "\x1b[H\x1b[2J"
