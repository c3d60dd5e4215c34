"""Who signs and what pays: a keystore, a token for the fee, approvals for once or for all."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from ccip_py.chains.evm.keys import dev_key
from ccip_py.protocol.codec.evm import checksum
from ccip_py.sdk.evm import as_address, transact
from ccip_py.sdk.send import ALLOWANCE, APPROVE
from ccip_py.sdk.signers import keystore

from .conftest import Run, Running

ALL = 2**256 - 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The keystore of an account that holds tokens, with its passphrase beside it."""
    path = tmp_path / "owner.json"
    weak = Account.encrypt(
        dev_key(2), "a passphrase", kdf="pbkdf2", iterations=2
    )  # strong ones take a second
    for name, text in ((path, json.dumps(weak)), (tmp_path / "owner.json.passphrase", "a passphrase\n")):
        name.write_text(text)
        name.chmod(0o600)
    return path


@pytest.mark.parametrize(("more", "left"), [((), 0), (("--approve-max",), ALL)], ids=["exact", "for all"])
def test_a_keystore_pays_in_a_token_and_approves_what_it_is_told_to(
    on: Run, running: Running, file: Path, more: tuple[str, ...], left: int
) -> None:
    network, signer = running.network, keystore(file)
    chain = network.chain("a")
    tokens = {"BMT": chain.token("BMT").address, "LINK": chain.link}
    for token in tokens.values():
        network.ccip.driver.run(transact(chain.selector, signer, token, APPROVE.calldata(chain.router, 0)))
    common = ("send", "-s", "a", "-D", "b", "--to", signer.address, "--token", "BMT=1", "--fee-token", "LINK")

    quoted = on(*common, "--only-get-fee", "--json").json
    ran = on(*common, "--key", f"keystore:{file}", "--json", *more)

    assert ran.code == 0, ran.out
    assert ran.json["signer"] == signer.address
    assert (quoted["token"], quoted["native"]) == (checksum(chain.link), False)
    (sent,) = network.ccip.find(ran.json["transaction"])
    assert (sent.sender, sent.fee_token, sent.fee) == (
        signer.address,
        checksum(chain.link),
        int(quoted["amount"]),
    )
    assert ran.err.count("that approves the Router") == 2
    for token in tokens.values():
        assert network.read("a", token, ALLOWANCE, as_address(signer.address), chain.router) == left


def test_a_keystore_signs_for_the_client(running: Running, file: Path) -> None:
    signer = keystore(file)

    sent = running.network.ccip.send("a", "b", running.inbox, signer=signer, data=b"hi", gas_limit=100_000)

    assert sent.sender == signer.address == Account.from_key(dev_key(2)).address


def test_a_keystore_that_others_may_read_signs_nothing(on: Run, file: Path) -> None:
    file.chmod(0o644)

    ran = on(
        "send",
        "-s",
        "a",
        "-D",
        "b",
        "--to",
        checksum(b"\x11" * 20),
        "--token",
        "BMT=1",
        "--key",
        f"keystore:{file}",
    )

    assert (ran.code, ran.out) == (2, "")
    assert "error[CONFIG_ERROR]" in ran.err
    assert "sending transaction" not in ran.err
