"""Chains start where nobody else listens, do as they are told, and are gone when they should be."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from ccip_py.devnet.anvil import Anvil, AnvilOptions, find_anvil
from ccip_py.errors import ConfigError, EndpointDown, Refused

CHAIN_ID = 31337


@pytest.fixture
def chain() -> Iterator[Anvil]:
    with Anvil(AnvilOptions(chain_id=CHAIN_ID)) as started:
        yield started


def test_a_busy_port_is_named(chain: Anvil) -> None:
    port = int(chain.url.rpartition(":")[2])

    with pytest.raises(EndpointDown, match=f"port {port} is busy") as refused:
        Anvil(AnvilOptions(chain_id=1337, port=port)).start()

    assert refused.value.code == "PORT_BUSY"


def test_what_anvil_says_when_it_cannot_start_is_shown() -> None:
    with pytest.raises(EndpointDown, match="invalid value '99999'"):
        Anvil(AnvilOptions(chain_id=CHAIN_ID, port=99999)).start()


def test_a_chain_that_is_not_started_says_so() -> None:
    with pytest.raises(EndpointDown, match="not started"):
        Anvil(AnvilOptions(chain_id=CHAIN_ID)).rpc("eth_chainId")


def test_two_chains_of_one_id_start_side_by_side(chain: Anvil) -> None:
    with Anvil(AnvilOptions(chain_id=CHAIN_ID)) as other:
        other.mine(2)

        assert (chain.block_number(), other.block_number()) == (0, 2)


def test_it_answers_no_browser(chain: Anvil) -> None:
    import httpx

    answer = httpx.post(
        chain.url,
        json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []},
        headers={"Origin": "https://elsewhere.example"},
    )

    assert "access-control-allow-origin" not in answer.headers


def test_blocks_are_final_two_epochs_later() -> None:
    with Anvil(AnvilOptions(chain_id=CHAIN_ID, slots_in_an_epoch=3)) as chain:
        chain.mine(10)

        assert (chain.block_number(), chain.block_number("finalized")) == (10, 4)


def test_time_goes_where_it_is_sent(chain: Anvil) -> None:
    before = chain.timestamp()

    chain.set_time(before + 1_000)
    chain.mine()
    assert chain.timestamp() == before + 1_000

    chain.warp(500)
    assert chain.timestamp() >= before + 1_500


def test_a_snapshot_brings_everything_back_once(chain: Anvil) -> None:
    chain.mine(3)
    snapshot = chain.snapshot()
    chain.mine(5)

    chain.revert(snapshot)

    assert chain.block_number() == 3
    with pytest.raises(Refused, match="no snapshot"):
        chain.revert(snapshot)


def test_a_reorg_keeps_the_height_and_changes_the_blocks(chain: Anvil) -> None:
    chain.mine(5)
    before = [chain.rpc("eth_getBlockByNumber", hex(n), False)["hash"] for n in range(6)]

    chain.reorg(2)

    after = [chain.rpc("eth_getBlockByNumber", hex(n), False)["hash"] for n in range(6)]
    assert after[:4] == before[:4]
    assert after[4] != before[4]
    assert after[5] != before[5]


def test_a_halted_chain_keeps_transactions_until_it_goes_on(chain: Anvil) -> None:
    accounts = chain.rpc("eth_accounts")
    payment = {"from": accounts[0], "to": accounts[1], "value": "0x1"}
    chain.halt()
    sent = chain.rpc("eth_sendTransaction", payment)
    assert chain.rpc("eth_getTransactionReceipt", sent) is None

    chain.resume()

    assert chain.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"


def test_balances_are_set_exactly(chain: Anvil) -> None:
    [account, *_] = chain.rpc("eth_accounts")

    chain.set_balance(account, 17)

    assert chain.rpc("eth_getBalance", account, "latest") == hex(17)


def test_a_state_that_was_written_is_there_again(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with Anvil(AnvilOptions(chain_id=CHAIN_ID, dump_state=state)) as chain:
        [account, *_] = chain.rpc("eth_accounts")
        chain.set_balance(account, 17)
        chain.mine(4)

    with Anvil(AnvilOptions(chain_id=CHAIN_ID, load_state=state)) as again:
        assert again.block_number() == 4
        assert again.rpc("eth_getBalance", account, "latest") == hex(17)


def test_stopping_twice_is_fine() -> None:
    chain = Anvil(AnvilOptions(chain_id=CHAIN_ID)).start()
    chain.stop()
    chain.stop()


def test_async_code_starts_and_stops_it_too() -> None:
    async def run() -> tuple[int, str]:
        async with Anvil(AnvilOptions(chain_id=CHAIN_ID)) as chain:
            return chain.block_number(), chain.url

    height, _ = anyio.run(run)

    assert height == 0


def test_a_chain_dies_with_the_process_that_started_it() -> None:
    """Even if that process is killed and can say nothing."""
    program = (
        "from ccip_py.devnet.anvil import Anvil, AnvilOptions\n"
        f"chain = Anvil(AnvilOptions(chain_id={CHAIN_ID})).start()\n"
        "print(chain.rpc('anvil_nodeInfo') and chain.url, flush=True)\n"
        "import time; time.sleep(600)\n"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": "."},
    ) as owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().strip()
        assert _answers(url)
        owner.send_signal(signal.SIGKILL)

    assert _falls_silent(url)


def test_an_explicit_anvil_wins_and_must_exist(tmp_path: Path) -> None:
    mine = tmp_path / "my-anvil"
    mine.write_text("#!/bin/sh\n")
    mine.chmod(0o755)

    assert find_anvil(str(mine), {}) == mine
    assert find_anvil(environment={"CCIP_ANVIL": str(mine), "PATH": ""}) == mine
    with pytest.raises(ConfigError, match="is not a program"):
        find_anvil(str(tmp_path / "nothing"), {})


def test_anvil_on_path_comes_before_the_packaged_one(tmp_path: Path) -> None:
    on_path = tmp_path / "bin" / "anvil"
    packaged = tmp_path / "node_modules/@foundry-rs/anvil-some-machine/bin/anvil"
    for program in (on_path, packaged):
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)

    assert find_anvil(environment={"PATH": str(on_path.parent)}, root=tmp_path) == on_path
    assert find_anvil(environment={"PATH": ""}, root=tmp_path) == packaged


def test_no_anvil_at_all_names_every_way_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as nothing:
        find_anvil(environment={"PATH": ""}, root=tmp_path)

    for way in ("scripts/setup", "PATH", "CCIP_ANVIL"):
        assert way in f"{nothing.value} {nothing.value.hint}"


def _answers(url: str) -> bool:
    import httpx

    try:
        httpx.post(
            url, json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}, trust_env=False
        )
    except httpx.TransportError:
        return False
    return True


def _falls_silent(url: str) -> bool:
    """Asked until it is, at most for some seconds: the death of a process is not instant."""
    return any(not _answers(url) for _ in range(2_000))
