"""The plugin as pytest sees it: what a failing test says, what markers and options do, and what it costs those without."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TIMEOUT_S = 240

FAILING = '''
import pytest
from ccip_py.testing import Stage

SOURCE = """
pragma solidity ^0.8.20;
import {CCIPReceiver} from "ccip/receivers/CCIPReceiver.sol";
import {Client} from "ccip/types/Client.sol";
contract Picky is CCIPReceiver {
    error TooBig(uint256 given, uint256 max);
    constructor(address router) CCIPReceiver(router) {}
    function _ccipReceive(Client.Any2EVMMessage memory message) internal pure override {
        uint256 given = abi.decode(message.data, (uint256));
        if (given > 100) revert TooBig(given, 100);
    }
}
"""

def test_the_receiver_fails(ccip):
    picky = ccip.deploy("b", ccip.compile(SOURCE)["Picky"], ccip.router("b"))
    sent = ccip.send("a", "b", picky, data=(101).to_bytes(32, "big"))
    ccip.run_until(sent)

def test_forgets_to_deliver(ccip):
    inbox = ccip.deploy("b", "Inbox", ccip.router("b"))
    ccip.send("a", "b", inbox, data=b"hi")
    assert inbox.count() == 1

def test_is_stopped(ccip):
    inbox = ccip.deploy("b", "Inbox", ccip.router("b"))
    sent = ccip.send("a", "b", inbox, data=b"hi")
    ccip.curse("b", "a")
    ccip.run_until(sent)

def test_sends_nothing(ccip):
    assert ccip.chains == ("x",)

@pytest.fixture
def prepared(ccip):
    ccip.send("a", "b", ccip.stranger, tokens=[("BMT", 5)])
    raise LookupError("not prepared")

def test_is_not_prepared(prepared):
    raise AssertionError("never gets here")

def test_passes(ccip):
    ccip.run_until(ccip.send("a", "b", ccip.stranger, tokens=[("BMT", 5)]))
'''


ISOLATION = """
import pytest

@pytest.fixture(scope="module")
def inbox(ccip_network):
    return ccip_network.deploy("b", "Inbox", ccip_network.router("b"))

@pytest.mark.parametrize("again", range(2))
def test_undone(ccip, inbox, again):
    assert inbox.count() == 0
    ccip.run_until(ccip.send("a", "b", inbox, data=b"x"))
    assert inbox.count() == 1

@pytest.mark.ccip_no_isolation
def test_kept(ccip, inbox):
    ccip.run_until(ccip.send("a", "b", inbox, data=b"x"))

def test_was_kept(ccip, inbox):
    assert inbox.count() == 1
    sent = ccip.send("a", "b", inbox, data=b"x")
    assert sent.sequence_number == 2
    ccip.run_until(sent)
    assert inbox.count() == 2

@pytest.mark.ccip_finality(7)
def test_deeper(ccip):
    assert ccip.network.finality == 7

def test_back_to_normal(ccip):
    assert ccip.network.finality is None
    assert ccip.chains == ("a", "b")

@pytest.mark.ccip_chains("three")
def test_nonsense(ccip):
    pass

@pytest.mark.ccip_chains(11)
def test_too_many(ccip):
    pass
"""

OPTIONS = """
def test_options(ccip, ccip_network):
    assert ccip.chains == ("a", "b", "c")
    assert ccip.network.finality == 5
    assert ccip_network is ccip

def test_fails(ccip):
    ccip.warp(-1)
"""

PARALLEL = """
import sys

import pytest

@pytest.mark.parametrize("index", range(4))
def test_alone(ccip, index):
    inbox = ccip.deploy("b", "Inbox", ccip.router("b"))
    ccip.run_until(ccip.send("a", "b", inbox, data=bytes([index])))
    assert inbox.lastData() == bytes([index])
    assert len(ccip.messages()) == 1
    assert not {"web3", "eth_account", "httpx"} & set(sys.modules)  # delivering needs none of what takes long to load
"""

UNUSED = """
import sys

def test_empty():
    ours = sorted(name for name in sys.modules if name.startswith("ccip_py"))
    assert ours == ["ccip_py", "ccip_py.testing", "ccip_py.testing.plugin"]
    assert not {"web3", "eth_account", "eth_abi", "anyio", "httpx", "solcx"} & set(sys.modules)
"""

NAMESAKE = """
import pytest

@pytest.fixture
def ccip():
    return "a client of the user's own"

def test_fails(ccip):
    assert ccip == "something else"
"""


def run(folder: Path, sources: dict[str, str], *arguments: str) -> str:
    """What pytest says of these test files, in a process of its own as users run it."""
    for name, text in sources.items():
        (folder / f"test_{name}.py").write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--rootdir",
        str(folder),
        "-c",
        "/dev/null",
        *arguments,
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, cwd=folder, check=False)
    return done.stdout + done.stderr


def outcomes(said: str) -> dict[str, int]:
    """The counts of the last line."""
    return {
        what.rstrip("s"): int(count)
        for count, what in re.findall(r"(\d+) (passed|failed|errors?)", said.splitlines()[-1])
    }


@pytest.fixture(scope="module")
def cache(pytestconfig):
    """Compiled sources, shared with the rest of this suite."""
    return f"--ccip-cache={pytestconfig.cache.mkdir('ccip')}"


@pytest.fixture(scope="module")
def said(tmp_path_factory, cache):
    """One run for several tests: starting a network is what takes time here."""
    sources = {"failing": FAILING, "isolation": ISOLATION}
    return run(tmp_path_factory.mktemp("user"), sources, cache, "-vv", "--strict-markers")


@pytest.fixture(scope="module")
def said_with_options(tmp_path_factory, cache):
    options = ("--ccip-chains=3", "--ccip-finality=5", "--ccip-show-internal")
    return run(tmp_path_factory.mktemp("user"), {"options": OPTIONS}, cache, *options)


def test_a_failing_test_tells_the_journeys_of_its_messages(said):
    pytest.LineMatcher(said.splitlines()).fnmatch_lines(
        [
            "*_ ERROR at setup of test_is_not_prepared _*",
            "*LookupError: not prepared*",
            "*- CCIP messages of this test -*",
            "message 1 a → b  0x*",
            "*_ test_the_receiver_fails _*",
            "E * but it FAILED: ReceiverError(err=TooBig(given=101, max=100)) *",
            "*- CCIP messages of this test -*",
            "message 1 a → b  0x*",
            "  sent      block * of a*0x*",
            "  committed block * of b*0x*",
            "  blessed   block * of b*0x*",
            "  failed    block * of b*0x*: ReceiverError(err=TooBig(given=101, max=100))",
            "*_ test_forgets_to_deliver _*",
            "E *where 0 = Inbox.count()",
            "1 message is still in flight: did you forget to deliver?*",
            "*_ test_is_stopped _*",
            "  waits: a is cursed on b",
            "*_ test_sends_nothing _*",
        ]
    )
    assert (
        said.count("CCIP messages of this test") == 4
    )  # not of the one that sent nothing, nor of one that passed


def test_under_an_error_of_ours_stands_what_to_do(said):
    assert re.search(r"E +help: expected\? run_until\(message, Stage.FAILED\)", said)


def test_without_anvil_every_test_says_so_in_two_lines_and_no_trace(tmp_path, monkeypatch):
    monkeypatch.setenv("CCIP_ANVIL", "no-such-anvil")

    said = run(tmp_path, {"parallel": PARALLEL}, "-p", "no:cacheprovider")

    # The summary repeats each error, shortened or not: pytest shows all of it where CI is set.
    report = said.partition("short test summary")[0]
    assert outcomes(said) == {"error": 4}
    assert report.count("no network could be started: CCIP_ANVIL=no-such-anvil is not a program") == 4
    assert report.count("help: point it at anvil, or unset it") == 4
    assert "Traceback" not in said
    assert ".py:" not in report


def test_our_frames_are_hidden_and_shown_on_request(said, said_with_options):
    frames = r"ccip_py/(testing|devnet|sdk)/\w+\.py:\d+"

    assert not re.search(frames, said)
    assert re.search(frames, said_with_options)


def test_isolation_wider_fixtures_and_markers(said):
    assert outcomes(said) == {"passed": 7, "failed": 4, "error": 3}
    assert "test_nonsense: write ccip_chains(a number)" in said
    assert "a network has 2 to 10 chains, not 11" in said


def test_options_set_the_default(said_with_options):
    assert outcomes(said_with_options) == {"passed": 1, "failed": 1}


def test_workers_of_xdist_have_networks_of_their_own(tmp_path, cache):
    pytest.importorskip("xdist")

    assert outcomes(run(tmp_path, {"parallel": PARALLEL}, cache, "-n2")) == {"passed": 4}


def test_unused_it_imports_nothing_but_itself(tmp_path):
    others = ("-p", "no:hypothesispytest", "-p", "no:anyio")

    assert outcomes(run(tmp_path, {"unused": UNUSED}, *others)) == {"passed": 1}


def test_every_name_starts_with_ours(tmp_path):
    """Fixtures and options of other plugins are not in the way."""
    section = run(tmp_path, {}, "--help").split("CCIP networks:")[1].split("\n\n")[0]
    options = [word for word in section.split() if word.startswith("--")]
    assert options
    assert all(option.startswith("--ccip-") for option in options)

    fixtures = run(tmp_path, {}, "--fixtures").splitlines()
    defined = [line for line in fixtures if "ccip_py/testing/plugin.py" in line]
    assert len(defined) == 3
    assert all(line.startswith("ccip") for line in defined)


def test_a_fixture_of_the_user_may_have_the_same_name(tmp_path):
    said = run(tmp_path, {"namesake": NAMESAKE})

    assert outcomes(said) == {"failed": 1}
    assert "INTERNALERROR" not in said
