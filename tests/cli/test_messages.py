"""Sending, following and finishing messages from the command line, on a running network. Rows N1 to N7."""

import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ccip_py.chains.deployment import save_deployment
from ccip_py.cli.connect import Announcing
from ccip_py.cli.pending import Pending
from ccip_py.protocol.blessing import GLOBAL_CURSE
from ccip_py.protocol.journey import Stage
from ccip_py.sdk.lanes import IS_CURSED
from ccip_py.sdk.signers import development

from .conftest import Ran, Run, Running, in_a_process

ME = development(0).address
PATIENCE = "60"


def sent_by(ran: Ran) -> list[str]:
    return [line.split()[-1] for line in ran.err.splitlines() if line.startswith("sending transaction")]


def nonce(running: Running) -> int:
    return int(running.network.anvils["a"].rpc("eth_getTransactionCount", ME, "pending"), 16)


# A message's way


def test_a_token_is_sent_followed_shown_and_certified(on: Run, running: Running, tmp_path: Path) -> None:
    sent = on(
        "send",
        "-s",
        "a",
        "-D",
        "b",
        "--to",
        ME,
        "--token",
        "BMT=1.5",
        "--wait",
        "--timeout",
        PATIENCE,
        "--json",
    )
    assert sent.code == 0, sent.err
    assert [stage["stage"] for stage in sent.json["stages"]] == ["sent", "committed", "blessed", "executed"]
    assert sent.json["tokens"][0]["amount"] == "1500000000000000000"
    assert sent_by(sent)[-1] == sent.json["transaction"]

    for reference in (sent.json["transaction"], sent.json["message_id"]):
        shown = on("show", reference, "--json")
        assert (shown.json["stage"], shown.json["message_id"]) == ("executed", sent.json["message_id"])

    certificate, pins = tmp_path / "c.json", tmp_path / "p.json"
    assert on("show", sent.json["transaction"], "--certificate", certificate).code == 0
    assert on("lane", "-s", "a", "-D", "b", "--pins", pins).code == 0
    for command in (
        ("show", sent.json["transaction"], "--certificate"),
        ("lane", "-s", "a", "-D", "b", "--pins"),
    ):
        unwritable = on(*command, pins / "below a file")
        assert (unwritable.code, "error[FILE]" in unwritable.err) == (1, True), unwritable.err
    offline = on("verify", certificate, "--pins", pins, "--deployment", "/nowhere")
    assert (offline.code, "the certificate holds" in offline.out) == (0, True), offline.out
    asked = on("verify", certificate, "--json")
    assert asked.json["holds"]
    assert len(asked.json["checks"]) == 12

    certificate.write_text(
        certificate.read_text().replace('"amount": "1500000000000000000"', '"amount": "1"')
    )
    forged = on("verify", certificate, "--pins", pins)
    assert forged.code == 1
    assert "BROKEN the message's id is the hash of the message" in forged.out
    done = on("manual-exec", sent.json["transaction"])
    assert (done.code, "error[ALREADY_EXECUTED]" in done.err) == (1, True)


def test_a_failed_message_is_finished_by_hand_alone_and_with_all_others(on: Run, running: Running) -> None:
    common = ("-s", "a", "-D", "b", "--to", running.greedy, "--data", "hi", "--gas-limit", "20000")
    stopped = on("send", *common)
    assert (stopped.code, "error[RECEIVER_REVERTS]" in stopped.err) == (1, True)
    assert "NeedsMoreGas" in stopped.err
    assert sent_by(stopped) == []

    failing = [on("send", *common, "--force", "--json") for _ in range(2)]
    followed = [
        on("show", one.json["transaction"], "--wait", "--timeout", PATIENCE, "--json") for one in failing
    ]
    assert [(ran.code, ran.json["stage"]) for ran in followed] == [(1, "failed")] * 2
    assert "NeedsMoreGas" in followed[0].json["stages"][-1]["reason"]

    still = on("manual-exec", failing[0].json["transaction"], "--json")
    assert still.code == 1
    assert "NeedsMoreGas" in still.json["error"]["context"]["err"]
    one = on("manual-exec", failing[0].json["message_id"], "--gas-limit", "400000", "--json")
    assert (one.code, one.json["stage"]) == (0, "executed")
    rest = on("manual-exec", "--all-failed", "--gas-limit", "400000", "--json")
    assert [x["message_id"] for x in rest.json] == [failing[1].json["message_id"]]
    assert "no message is FAILED" in on("manual-exec", "--all-failed").out


# N1 to N5: nothing is signed


@pytest.mark.parametrize(
    "receiver",
    [
        ME.lower(),
        ME[:-1],
        ME[:-1] + ("1" if ME[-1] != "1" else "2"),
        "alice.eth",
        "0x" + "00" * 20,
        "",
        "0x" + "ab" * 32,
    ],
)
def test_n1_what_is_no_checksummed_address_is_refused(on: Run, running: Running, receiver: str) -> None:
    before = nonce(running)

    ran = on("send", "-s", "a", "-D", "b", "--to", receiver, "--data", "hi", "--gas-limit", 1)

    assert (ran.code, ran.out) == (2, "")
    assert "error[CANNOT_ENCODE]" in ran.err
    assert nonce(running) == before


@pytest.mark.parametrize(
    "amount", ["1.0000000000000000001", "-1", str(2**256), "1e18", "1,5", "", "nan", "0x1"]
)
def test_n2_what_is_no_exact_amount_is_refused(on: Run, running: Running, amount: str) -> None:
    before = nonce(running)

    ran = on("send", "-s", "a", "-D", "b", "--to", ME, f"--token=BMT={amount}")

    assert ran.code == 2
    assert "error[BAD_AMOUNT]" in ran.err
    assert nonce(running) == before


@pytest.mark.parametrize("where", ["31337", "1"])
def test_n3_a_chain_id_is_no_selector_and_is_told_the_right_one(on: Run, where: str) -> None:
    ran = on("send", "-s", where, "-D", "b", "--to", ME, "--token", "BMT=1")

    assert ran.code == 2
    assert "error[UNKNOWN_CHAIN]" in ran.err
    assert "7759470850252068959" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--data", "0x" + "00" * 30_001, "--gas-limit", "1"), "DATA_TOO_LARGE"),
        (("--data", "hi", "--gas-limit", "3000001"), "GAS_LIMIT_TOO_HIGH"),
        (("--gas-limit", "1", *(("--token", "BMT=1") * 6)), "TOO_MANY_TOKENS"),
        (("--token", "BMT=100001", "--gas-limit", "0"), "RATE_LIMIT"),
        (("--token", "BMT=99999", "--gas-limit", "0"), "INSUFFICIENT_BALANCE"),
        (("--token", "0x000000000000000000000000000000000000dEaD=1", "--gas-limit", "0"), "ANY"),
        (("--data", "hi", "--gas-limit", "100", "--to", "INBOX"), "RECEIVER_REVERTS"),
        (("--data", "hi"), "NOT_A_RECEIVER"),
        ((), "EMPTY_MESSAGE"),
        (("--gas-limit", "0", "--to", "INBOX"), "EMPTY_MESSAGE"),
    ],
)
def test_n4_n5_preflight_says_what_would_stop_it_and_signs_nothing(
    on: Run, running: Running, arguments: tuple[str, ...], code: str
) -> None:
    before = nonce(running)
    given = [running.inbox if argument == "INBOX" else argument for argument in arguments]
    to = [] if "--to" in given else ["--to", ME]

    ran = on("send", "-s", "a", "-D", "b", *to, *given)

    assert ran.code == 1
    assert code == "ANY" or f"error[{code}]" in ran.err
    assert nonce(running) == before


def test_n5_a_curse_stops_and_shows_everywhere(on: Run, running: Running) -> None:
    before = nonce(running)
    assert on("curse", "b", "--on", "a").code == 0
    try:
        ran = on("send", "-s", "a", "-D", "b", "--to", ME, "--token", "BMT=1")
        assert (ran.code, "error[CURSED]" in ran.err) == (1, True)
        assert nonce(running) == before
        assert "b is cursed" in on("curse", "show").out
        assert on("lane", "-s", "a", "-D", "b", "--json").json["cursed_on_source"]
        assert "cursed" in on("status").out
    finally:
        assert on("uncurse", "b", "--on", "a").code == 0
    assert on("curse", "show").out == "nothing is cursed\n"
    assert on("uncurse", "b").out == "b is not cursed\n"


def test_a_chain_that_does_not_answer_keeps_no_other_from_being_cursed(
    cli: Run, running: Running, tmp_path: Path
) -> None:
    """The dead one is first in the file."""
    whole = running.network.deployment
    a, b = whole.chains
    file = tmp_path / "one_is_dead.json"
    save_deployment(replace(whole, chains=(replace(a, rpc_url="http://127.0.0.1:1"), b)), file)
    try:
        ran = cli("curse", "global", "--deployment", file, "--json")
        assert ran.code == 1
        assert [(each["chain"], each["state"]) for each in ran.json] == [("a", "refused"), ("b", "cursed")]
        assert ran.json[0]["reason"].startswith("[ENDPOINT_DOWN]")
        assert running.network.read("b", b.rmn, IS_CURSED, GLOBAL_CURSE)
    finally:
        lifted = cli("uncurse", "global", "--deployment", file)
    assert lifted.code == 1
    assert "a: global refused [ENDPOINT_DOWN]" in lifted.out
    assert "b: global lifted 0x" in lifted.out
    assert not running.network.read("b", b.rmn, IS_CURSED, GLOBAL_CURSE)


# N6: each reason has its own message


def test_n6_what_cannot_be_executed_yet_says_why_and_for_how_long(on: Run, running: Running) -> None:
    network = running.network
    hash_of = on("send", "-s", "b", "-D", "a", "--to", ME, "--token", "BMT=1", "--json").json["transaction"]
    early = on("manual-exec", hash_of)
    assert (early.code, "error[NOT_COMMITTED]" in early.err) == (1, True)
    network.ccip.wait(network.ccip.find(hash_of)[0], timeout=60)

    for node in (*network.monitors, *network.executors):
        node.stop()
    try:
        hash_of = on("send", "-s", "b", "-D", "a", "--to", ME, "--token", "BMT=1", "--json").json[
            "transaction"
        ]
        sent = network.ccip.find(hash_of)[0]
        network.ccip.wait(sent, until=Stage.COMMITTED, timeout=60)
        unblessed = on("manual-exec", hash_of)
        assert (unblessed.code, "error[NOT_BLESSED]" in unblessed.err) == (1, True)

        for node in network.monitors:
            node.start()
        network.ccip.wait(sent, until=Stage.BLESSED, timeout=60)
        waiting = on("manual-exec", hash_of, "--json")
        assert waiting.json["error"]["code"] in ("TOO_EARLY",)
        left = int(waiting.json["error"]["context"]["seconds_left"])
        assert 0 < left <= network.options.permissionless_window + 1
        network.anvils["a"].warp(left)
        assert on("manual-exec", hash_of, "--json").json["stage"] == "executed"
    finally:
        network.start()


# N7: interruptions


def test_n7_an_interrupted_send_is_gone_on_with_and_never_doubled(running: Running, tmp_path: Path) -> None:
    command = [
        "send",
        "-d",
        str(running.file),
        "-s",
        "a",
        "-D",
        "b",
        "--to",
        ME,
        "--token",
        "LRT=1",
        "--wait",
    ]
    for node in running.network.executors:
        node.stop()
    try:
        child = subprocess.Popen(
            [sys.executable, "-m", "ccip_py.cli", *command],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            cwd=tmp_path,
        )
        assert child.stderr is not None
        lines = []
        for line in child.stderr:
            lines.append(line)
            if line.startswith("["):
                break
        child.send_signal(signal.SIGINT)
        err = child.stderr.read()
        child.stderr.close()
        child.wait(timeout=30)
    finally:
        running.network.start()
    assert child.returncode == 130, (lines, err)
    assert "the message goes on without you: ccip show 0x" in err
    assert err.strip().splitlines()[-1] == "interrupted"
    assert "Traceback" not in "".join(lines) + err
    hashes = [line.split()[-1] for line in lines if line.startswith("sending transaction")]
    before = nonce(running)

    again = in_a_process(*command, "--json", "--timeout", PATIENCE, cwd=tmp_path)

    assert again.code == 0, again.err
    assert (again.json["transaction"], nonce(running)) == (hashes[-1], before)
    assert again.json["stages"][-1]["stage"] == "executed"
    assert list((tmp_path / ".ccip" / "pending").iterdir()) == []


def test_a_signed_send_that_never_left_leaves_when_the_command_is_typed_again(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between writing down and broadcasting; and then, with its nonce gone to another, it is sent anew."""
    monkeypatch.chdir(tmp_path)
    ccip, once = running.network.ccip, Pending.of("this")
    held: list[tuple[bytes, bytes]] = []

    class Stopped(Exception):
        pass

    def stop(to: str, raw: bytes, transaction: bytes) -> None:
        once.write(raw, transaction)
        held.append((raw, transaction))
        raise Stopped

    signer = Announcing(development(1), before_sending=stop)
    with pytest.raises(Stopped):
        ccip.send("a", "b", running.inbox, signer=signer, data=b"x", gas_limit=100_000)

    sent = once.earlier(ccip, "a", 60)

    assert sent is not None
    assert bytes(sent.transaction.hash) == held[0][1]
    assert once.earlier(ccip, "a", 60) == sent

    with pytest.raises(Stopped):
        ccip.send("a", "b", running.inbox, signer=signer, data=b"y", gas_limit=100_000)
    ccip.send("a", "b", running.inbox, signer=development(1), data=b"z", gas_limit=100_000)
    assert once.earlier(ccip, "a", 60) is None
    assert not once.path.exists()


def test_n7_a_dead_endpoint_is_said_within_the_time_and_without_a_terminal(
    running: Running, tmp_path: Path
) -> None:
    began = time.monotonic()

    ran = in_a_process("lane", "-d", str(running.file), "--rpc", "a=http://127.0.0.1:1", cwd=tmp_path)

    assert ran.code == 1
    assert "error[ENDPOINT_DOWN]" in ran.err
    assert "http://127.0.0.1:1" in ran.err
    assert time.monotonic() - began < 60


def test_n7_an_endpoint_that_hangs_is_named_while_it_is_waited_for(running: Running, tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        child = subprocess.Popen(
            [sys.executable, "-m", "ccip_py.cli", "lane", "-d", str(running.file), "--rpc", f"a={url}"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            cwd=tmp_path,
        )
        assert child.stderr is not None
        said = {child.stderr.readline() for _ in range(2)}
        child.kill()
        child.communicate()

    assert f"waiting for {url} to answer\n" in said


def test_n7_what_is_not_mined_in_time_is_said_while_it_is_waited_for_and_gone_on_with(
    on: Run, running: Running
) -> None:
    chain = running.network.anvils["a"]
    send = ("send", "-s", "a", "-D", "b", "--to", ME, "--token", "BMT=1")
    assert on(*send, "--approve-max").code == 0
    chain.halt()
    try:
        late = on(*send, "--timeout", "1.5", "--json")
    finally:
        chain.resume()
    assert (late.code, late.json["error"]["code"]) == (1, "NOT_YET")
    assert int(late.json["error"]["context"]["waited_s"]) < 10
    assert "waiting until a has it in a block" in late.err
    assert on(*send, "--json").json["transaction"] == late.json["error"]["context"]["transaction"]


def test_n7_a_curse_that_is_not_mined_in_time_is_said(on: Run, running: Running) -> None:
    chain = running.network.anvils["a"]
    chain.halt()
    try:
        late = on("curse", "b", "--on", "a", "--timeout", "0.1", "--json")
        assert (late.code, late.json["error"]["code"]) == (1, "ENDPOINT_DOWN")
        assert "not mined after 0.1 s" in late.json["error"]["message"]
    finally:
        chain.resume()
        running.network.wait_until("the curse is mined", lambda: running.network.is_cursed("a", "b"))
        assert on("uncurse", "b", "--on", "a").code == 0


def test_n7_a_wait_has_a_limit_and_says_what_for(on: Run, running: Running) -> None:
    for node in running.network.executors:
        node.stop()
    try:
        ran = on("send", "-s", "a", "-D", "b", "--to", ME, "--token", "LRT=1", "--wait", "--timeout", "0.1")
    finally:
        running.network.start()

    assert ran.code == 1
    assert "error[TIMEOUT]" in ran.err
    assert len(sent_by(ran)) >= 1
