"""Keys come by reference, and the ones that everybody has are recognised."""

from pathlib import Path

import pytest

from ccip_py.deploy.keys import Party, dev_account, dev_address, dev_key, is_dev_address, party
from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import Address

SECRET = "0x" + "11" * 32
ITS_ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


def test_an_address_is_a_party_that_cannot_sign_here() -> None:
    owner = party(ITS_ADDRESS)

    assert owner == Party(Address(bytes.fromhex(ITS_ADDRESS[2:])))
    with pytest.raises(ConfigError, match="no key is known"):
        owner.unlock()


def test_a_key_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYER", SECRET)

    deployer = party("env:DEPLOYER")

    assert deployer.address == bytes.fromhex(ITS_ADDRESS[2:])
    assert deployer.unlock().address == deployer.address


def test_a_key_is_found_in_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)

    assert party(f"file:{path}").address == bytes.fromhex(ITS_ADDRESS[2:])


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(SECRET)
    path.chmod(0o644)

    with pytest.raises(ValueError, match="can be read by others: chmod 600"):
        party(f"file:{path}")


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("env:NOT_THERE", "NOT_THERE is not set"),
        ("env:NO_HEX", "does not hold 32 bytes of hex"),
        ("env:SHORT", "does not hold 32 bytes of hex"),
        ("env:ZERO", "does not hold 32 bytes of hex"),
        ("file:/not/there", "cannot read /not/there"),
        ("0x1234", "not a checksum address"),
        (ITS_ADDRESS.replace("E7", "e7", 1), "not a checksum address"),
        ("0x" + "00" * 20, "not a checksum address"),
        ("11" * 32, "want 0x"),
        ("vault:x", "want 0x"),
    ],
)
def test_what_is_no_reference_is_refused_with_its_reason(reference: str, why: str) -> None:
    environment = {"NO_HEX": "hello", "SHORT": "0x11", "ZERO": "00" * 32}

    with pytest.raises(ValueError, match=why):
        party(reference, environment)


def test_a_refusal_never_shows_the_secret() -> None:
    with pytest.raises(ValueError, match="env") as refused:
        party("env:KEY", {"KEY": SECRET + "1"})

    assert "1111" not in str(refused.value)


def test_well_known_accounts_are_those_of_anvil() -> None:
    assert dev_key(0).hex() == "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    assert dev_account(0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert dev_address(1).hex() == "70997970c51812dc3a010c7d01b50e0d17dc79c8"


def test_well_known_accounts_are_recognised() -> None:
    assert is_dev_address(dev_address(29))
    assert not is_dev_address(Address(bytes.fromhex(ITS_ADDRESS[2:])))


def test_signatures_are_those_of_the_address() -> None:
    from eth_account import Account

    digest = bytes(range(32))

    signature = party("anvil:3").unlock().sign_digest(digest)

    assert signature[64] in (27, 28)
    assert Account._recover_hash(digest, signature=signature) == dev_account(3).address
