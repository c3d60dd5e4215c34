"""A network of one's own: started, found, saved, gone on with, stopped. Each start is a process, as people have it."""

import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from ccip_py.chains.evm.keys import DEV_ACCOUNTS, LOCAL_CHAIN_IDS
from ccip_py.cli import kept, run_file, up
from ccip_py.deploy import devnet as roles
from ccip_py.risk.config import LOCAL_CHAIN_IDS as RISK_LOCAL_CHAIN_IDS

from .conftest import Run, in_a_process

PATIENCE = "120"


@pytest.mark.slow
def test_up_is_found_saved_and_gone_on_with(tmp_path: Path) -> None:
    def ccip(*arguments: str) -> object:
        ran = in_a_process(*arguments, "--json", cwd=tmp_path)
        assert ran.code == 0, (ran.out, ran.err)
        return ran.json

    up = ("up", "--detach", "--state", "kept", "--timeout", PATIENCE, "--port", "0", "--port", "0")
    first = ccip(*up)
    try:
        assert [chain["name"] for chain in first["chains"]] == ["a", "b"]
        again = in_a_process("up", cwd=tmp_path)
        assert (again.code, "error[ALREADY_UP]" in again.err) == (1, True)
        me = first["accounts"][0]
        send = ("send", "-s", "a", "-D", "b", "--to", me, "--token", "BMT=1", "--wait", "--timeout", PATIENCE)
        assert ccip(*send)["sequence_number"] == "1"
    finally:
        assert ccip("down", "--timeout", PATIENCE)["stopped"] == first["pid"]
    assert not (tmp_path / ".ccip" / "run.json").exists()
    assert not (tmp_path / "kept" / kept.UNDER_WAY).exists()

    second = ccip(*up)
    try:
        assert second["chains"][0]["router"] == first["chains"][0]["router"]
        assert ccip("lane", "-s", "a", "-D", "b")["committed"] == 1
        assert ccip(*send)["sequence_number"] == "2"
        assert ccip("curse", "show") == []
    finally:
        ccip("down", "--timeout", PATIENCE)
    assert ccip("down") == {"stopped": None}


@pytest.mark.slow
def test_a_network_of_processes_delivers(tmp_path: Path) -> None:
    up = ("up", "--detach", "--processes", "--json", "--timeout", PATIENCE, "--port", "0", "--port", "0")
    started = in_a_process(*up, cwd=tmp_path)
    assert started.code == 0, (started.out, started.err)
    try:
        me = started.json["accounts"][0]
        sent = in_a_process(
            *("send", "-s", "a", "-D", "b", "--to", me, "--token", "BMT=1"),
            *("--wait", "--timeout", PATIENCE, "--json"),
            cwd=tmp_path,
        )
        assert sent.code == 0, (sent.out, sent.err)
        assert sent.json["stages"][-1]["stage"] == "executed"
        nodes = in_a_process("status", "--json", cwd=tmp_path).json["nodes"]
        assert (nodes["running"], nodes["each_a_process"]) == (True, True)
        assert len(nodes["names"]) == len(set(nodes["names"])) > 2
        assert all(_has_a_process(name, tmp_path) for name in nodes["names"])
    finally:
        ended = in_a_process("down", "--timeout", PATIENCE, "--json", cwd=tmp_path)
    assert ended.json["stopped"] == started.json["pid"]
    assert not any(_has_a_process(name, tmp_path) for name in nodes["names"])


@pytest.mark.slow
def test_a_network_that_was_killed_is_said_to_be_gone_and_gone_on_with(tmp_path: Path) -> None:
    up = ("up", "--detach", "--state", "kept", "--timeout", PATIENCE)
    ports = ("--port", "0") * 3
    first = in_a_process(*up, "--json", "--chains", "3", *ports, cwd=tmp_path).json
    os.kill(first["pid"], signal.SIGKILL)
    while run_file.birth(first["pid"]):
        time.sleep(0.01)

    gone = in_a_process("status", cwd=tmp_path)
    assert (gone.code, "error[NO_NETWORK]" in gone.err, "--state kept" in gone.err) == (2, True, True)
    wrong = in_a_process(*up, "--chains", "2", cwd=tmp_path)
    assert (wrong.code, "holds a network of 3 chains" in wrong.err) == (2, True)

    again = in_a_process(*up, *ports, cwd=tmp_path)
    try:
        second = run_file.read(tmp_path / ".ccip")
        assert second is not None
        assert second.pid != first["pid"]  # not what the killed one left behind
        assert all(chain["router"] in again.out for chain in first["chains"])
        assert again.out.rstrip().endswith("`ccip down` stops it.")
        assert in_a_process("status", cwd=tmp_path).code == 0
    finally:
        in_a_process("down", "--timeout", PATIENCE, cwd=tmp_path)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        ran = in_a_process("up", "--port", port, "--port", "0", cwd=tmp_path)

    assert ran.code == 1
    assert "error[PORT_BUSY]" in ran.err
    assert port in ran.err


def test_a_start_that_fails_out_of_sight_says_why_in_json_too(tmp_path: Path) -> None:
    asked = {**os.environ, "CCIP_JSON": "1"}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        ran = in_a_process("up", "--detach", "--port", port, "--port", "0", cwd=tmp_path, env=asked)

    assert (ran.code, ran.json["error"]["code"]) == (1, "NOT_UP")
    assert "error[PORT_BUSY]" in ran.json["error"]["message"]
    assert port in ran.json["error"]["message"]


def _has_a_process(node: str, home: Path) -> bool:
    """Whether a process runs with this node's configuration."""
    config = str(home / ".ccip" / "nodes" / f"{node}.toml").encode()
    return any(config in _arguments(process) for process in Path("/proc").glob("[0-9]*"))


def _arguments(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []  # it ended meanwhile


def test_there_are_as_many_chains_as_have_ids_and_keys() -> None:
    assert up.MOST_CHAINS == len(roles.CHAIN_IDS) == len(roles.CHAIN_NAMES) == len(roles.DEPLOYERS)
    assert max(roles.DEPLOYERS) < roles.ACCOUNTS <= DEV_ACCOUNTS
    assert set(roles.CHAIN_IDS) == LOCAL_CHAIN_IDS == RISK_LOCAL_CHAIN_IDS
    used = (roles.DEPLOYERS, roles.COMMITTERS, roles.BLESSERS, roles.CURSERS, roles.EXECUTORS, roles.RELAYERS)
    assert len({index for each in used for index in each}) == sum(map(len, used))


def test_many_chains_have_ports_clocks_and_finality_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    wanted = up._options(5, [], [], None)

    assert wanted.block_times == (1, 2, 1, 2, 1)
    assert wanted.epochs == (1, 2, 3, 1, 2)
    assert all(port == 0 or port == 8545 + 1000 * place for place, port in enumerate(wanted.ports))


def test_ports_are_one_for_each_chain(cli: Run) -> None:
    assert cli("up", "--port", "0").code == 2


def test_journals_without_their_chains_are_dropped(tmp_path: Path) -> None:
    for path in ("nodes/committer-0", "monitor-1"):
        (tmp_path / path).mkdir(parents=True)

    kept.prepare(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {kept.UNDER_WAY}


@pytest.mark.parametrize("clean", [True, False])
def test_journals_are_kept_only_after_a_clean_stop(tmp_path: Path, clean: bool) -> None:
    (tmp_path / "deployment.json").write_text("{}")
    (tmp_path / "chain-31337.json").write_text("{}")
    kept.prepare(tmp_path)
    (tmp_path / "monitor-0").mkdir()
    if clean:
        kept.finished(tmp_path)

    kept.prepare(tmp_path)

    assert (tmp_path / "monitor-0").exists() is clean


def test_a_run_file_of_a_process_that_is_gone_is_cleaned_up(cli: Run, tmp_path: Path) -> None:
    folder = tmp_path / ".ccip"
    folder.mkdir()
    (folder / run_file.RUN).write_text(json.dumps({"pid": 2**22 - 1, "born": "1"}))

    ran = cli("down")

    assert ran.code == 0
    assert "no network runs here" in ran.out
    assert not (folder / run_file.RUN).exists()


def test_another_process_of_the_same_number_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / run_file.RUN).write_text(json.dumps({"pid": os.getpid(), "born": "1"}))
    known = run_file.read(tmp_path)

    assert known is not None
    assert not known.alive
