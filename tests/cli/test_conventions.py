"""What holds for every command: where things are said, how it ends, and that it says so without a network."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ccip_py.cli.main import app, main
from ccip_py.cli.terminal import plain

from .conftest import Run, in_a_process

GROUPS = {str(group.name): group.typer_instance for group in app.registered_groups}
COMMANDS = [str(command.name) for command in app.registered_commands] + [
    f"{name} {command.name}" for name, group in GROUPS.items() for command in group.registered_commands
]
WITHOUT_RESULT = {
    "completion": "prints a script for a shell",
    **dict.fromkeys(
        ("node committer", "node executor", "node monitor"), "runs until it is stopped, and logs"
    ),
}


def test_every_verb_of_the_specification_is_there() -> None:
    wanted = "up down status send show manual-exec lane token get-supported-tokens parse verify deploy curse uncurse"

    of_nodes = {f"node {verb}" for verb in ("committer", "executor", "monitor", "accept-history")}
    assert {*wanted.split(), *of_nodes, "audit", "remappings", "completion"} == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_a_result_and_an_unknown_option_is_a_typing_error(cli: Run, command: str) -> None:
    asked, wrong = cli(*command.split(), "--help"), cli(*command.split(), "--jsn")

    assert (asked.code, asked.err) == (0, "")
    assert "Usage: ccip" in asked.out
    assert (wrong.code, wrong.out) == (2, "")
    assert "error[USAGE]: No such option: --jsn" in wrong.err


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in WITHOUT_RESULT])
def test_every_command_speaks_json(cli: Run, command: str) -> None:
    assert "--json" in cli(*command.split(), "--help").out


@pytest.mark.parametrize(
    "command", ["up", "down", "send", "show", "manual-exec", "deploy", "curse", "uncurse"]
)
def test_every_command_that_waits_for_a_chain_has_a_limit(cli: Run, command: str) -> None:
    assert "--timeout" in cli(command, "--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_says_that_options_come_from_the_environment_and_shows_no_types_of_flags(
    cli: Run, command: str
) -> None:
    shown = cli(*command.split(), "--help").out

    assert "CCIP_TIMEOUT" in shown
    assert "[env var" not in shown
    assert "<bool>" not in shown


def test_without_a_command_the_help_is_shown(cli: Run) -> None:
    ran = cli()

    assert ran.code == 2
    assert "get-supported-tokens" in ran.out + ran.err
    assert "error" not in ran.err


def test_the_near_miss_is_named(cli: Run) -> None:
    assert "Did you mean 'show'" in cli("shwo").err
    assert "--router" in cli("send", "--ruter", "x").err


def test_an_option_comes_from_the_environment(
    cli: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CCIP_DEPLOYMENT", str(tmp_path / "elsewhere.json"))

    assert "elsewhere.json" in cli("lane").err


def test_the_environment_calls_an_option_what_people_type(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCIP_JSON", "1")

    assert cli("lane").json["error"]["code"] == "NO_NETWORK"


@pytest.mark.parametrize("group", ["", *GROUPS])
def test_a_flag_of_a_group_does_not_look_as_if_it_took_a_value(cli: Run, group: str) -> None:
    assert "<bool>" not in cli(*group.split(), "--help").out


def test_an_option_of_a_command_in_a_group_comes_from_the_environment_too(
    cli: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCIP_CONFIG", "elsewhere.toml")

    assert "elsewhere.toml" in cli("node", "executor").err


def test_without_a_network_the_way_to_one_is_said(cli: Run) -> None:
    ran = cli("lane")

    assert ran.code == 2
    assert "error[NO_NETWORK]" in ran.err
    assert "ccip up" in ran.err


def test_two_networks_in_one_folder_are_not_guessed_between(cli: Run, tmp_path: Path) -> None:
    (tmp_path / ".ccip").mkdir()
    for path in ("deployment.json", ".ccip/deployment.json"):
        (tmp_path / path).write_text("{}")

    ran = cli("lane")

    assert ran.code == 2
    assert "two networks" in ran.err


def test_an_error_is_one_document_in_json(cli: Run) -> None:
    ran = cli("lane", "--json")

    assert ran.json["error"]["code"] == "NO_NETWORK"
    assert ran.err == ""


def test_a_trace_is_shown_only_when_asked_for(cli: Run) -> None:
    assert "Traceback" not in cli("lane").err
    assert "Traceback" in cli("-v", "lane").err


def test_integers_that_json_readers_would_round_are_strings() -> None:
    assert plain({"small": 2**53, "large": 2**53 + 1, "on": True, "id": b"\x01"}) == {
        "small": 2**53,
        "large": str(2**53 + 1),
        "on": True,
        "id": "0x01",
    }


def test_the_version_is_the_packages(cli: Run) -> None:
    from ccip_py import __version__

    assert cli("--version").out == f"ccip {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(cli: Run, shell: str) -> None:
    ran = cli("completion", shell)

    assert ran.code == 0
    assert "_CCIP_COMPLETE" in ran.out


def test_completion_works(tmp_path: Path) -> None:
    asked = {**os.environ, "_CCIP_COMPLETE": "complete_bash", "COMP_WORDS": "ccip man", "COMP_CWORD": "1"}

    assert in_a_process(cwd=tmp_path, env=asked).out.split() == ["manual-exec"]


@pytest.mark.parametrize(
    ("variables", "escapes"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_is_for_terminals_and_never_against_no_color(
    tmp_path: Path, variables: dict[str, str], escapes: bool
) -> None:
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | variables

    assert ("\x1b[" in _on_a_terminal(["lane"], tmp_path, env)) is escapes


def test_colour_can_be_forced_and_forbidden(cli: Run) -> None:
    assert "\x1b[31m" in cli("--color", "always", "lane").err
    assert "\x1b[" not in cli("--color", "never", "lane").err


def _on_a_terminal(arguments: list[str], cwd: Path, env: dict[str, str]) -> str:
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "ccip_py.cli", *arguments],
        cwd=cwd,
        env=env,
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
    )
    os.close(theirs)
    said = b""
    try:
        while chunk := os.read(ours, 4096):
            said += chunk
    except OSError:
        pass  # Linux says so when the other end is gone
    child.wait(timeout=60)
    os.close(ours)
    return said.decode()


HEAVY = [
    "web3",
    "eth_account",
    "eth_abi",
    "eth_utils",
    "httpx",
    "urllib3",
    "aiohttp",
    "anyio",
    "sqlalchemy",
    "coincurve",
    "structlog",
]


def _loaded(code: str, cwd: Path) -> set[str]:
    """Which of the heavy packages a fresh interpreter has after running this. (pydantic is typer's own.)"""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{code}\nimport sys; print(*(m for m in {HEAVY} if m in sys.modules), file=sys.stderr)",
        ],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=True,
    )
    return set(done.stderr.split())


def test_no_commands_help_loads_anything_heavy(tmp_path: Path) -> None:
    """What makes each command start within half a second: these cost more than everything else together."""
    code = f"from ccip_py.cli.main import main\nfor verb in {COMMANDS}: main([*verb.split(), '--help'])"

    assert _loaded(code, tmp_path) == set()


@pytest.mark.parametrize(
    ("command", "needs"),
    [
        (["parse", "0x6ad9cdfc"], set()),
        (["parse", "0x97a657c9" + "30d40".zfill(64)], set()),
        (["parse", "0x4e487b71" + "11".zfill(64)], {"eth_abi", "eth_utils"}),
        (["lane"], set()),
        (["send", "-s", "a", "-D", "b", "--to", "0x1"], set()),
        (["up", "--port", "1"], set()),
    ],
    ids=["unknown", "extra args", "revert", "no network", "no address", "too few ports"],
)
def test_what_is_decided_here_loads_only_what_it_needs(
    tmp_path: Path, command: list[str], needs: set[str]
) -> None:
    silent = "import contextlib, io\nwith contextlib.redirect_stderr(io.StringIO()):"

    assert _loaded(f"{silent}\n from ccip_py.cli.main import main\n main({command})", tmp_path) == needs


def test_asking_a_network_loads_neither_web3_nor_a_second_http_client(tmp_path: Path) -> None:
    code = "import ccip_py.cli.connect, ccip_py.cli.follow, ccip_py.cli.message_view, ccip_py.sdk.client"

    assert _loaded(code, tmp_path) <= {"eth_abi", "eth_utils", "urllib3", "anyio", "coincurve"}


def test_a_closed_pipe_is_no_trace(tmp_path: Path) -> None:
    reader = subprocess.Popen(
        f"{sys.executable} -m ccip_py.cli --help | true", shell=True, stderr=subprocess.PIPE, cwd=tmp_path
    )

    assert reader.communicate(timeout=60)[1] == b""


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, cli: Run) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ccip_py.cli.connect.deployment_path", interrupted)

    assert main(["lane"]) == 130


def test_json_of_an_error_can_be_read_by_a_program_in_a_pipe(tmp_path: Path) -> None:
    ran = in_a_process("lane", "--json", cwd=tmp_path)

    assert ran.code == 2
    assert json.loads(ran.out)["error"]["hint"]
