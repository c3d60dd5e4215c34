"""Keys come by reference, and the ones that everybody has are recognised."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from ccip_py.deploy.keys import Party, dev_account, dev_address, is_dev_address, party
from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import Address

SECRET = "0x" + "11" * 32
ITS_ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"


def test_an_address_is_a_party_that_cannot_sign_here() -> None:
    owner = party(ITS_ADDRESS)

    assert owner == Party(Address(bytes.fromhex(ITS_ADDRESS[2:])))
    with pytest.raises(ConfigError, match="no key is known"):
        owner.unlock()


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path, passphrase = tmp_path / "owner.json", tmp_path / "owner.json.passphrase"
    path.write_text(json.dumps(Account.encrypt(SECRET, "correct horse", kdf="pbkdf2", iterations=2)))
    passphrase.write_text("correct horse\n")
    path.chmod(0o600)
    passphrase.chmod(0o600)
    return path


def test_a_key_is_found_in_a_keystore_with_its_passphrase_beside_it(keystore: Path) -> None:
    owner = party(f"keystore:{keystore}")

    assert owner.address == bytes.fromhex(ITS_ADDRESS[2:])
    assert owner.unlock().address == owner.address


@pytest.mark.parametrize("name", ["owner.json", "owner.json.passphrase"])
def test_a_file_that_others_can_read_is_refused(keystore: Path, name: str) -> None:
    (keystore.parent / name).chmod(0o644)

    with pytest.raises(ConfigError, match=f"readable by its owner alone .*{name},"):
        party(f"keystore:{keystore}")


def test_a_keystore_that_was_replaced_is_not_used(keystore: Path) -> None:
    owner = party(f"keystore:{keystore}")
    keystore.write_text(json.dumps(Account.encrypt("0x" + "22" * 32, "correct horse", "pbkdf2", 2)))

    with pytest.raises(ConfigError, match=f"not the key of {ITS_ADDRESS} any more"):
        owner.unlock()


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("keystore:/not/there", "No such file or directory .path=/not/there"),
        ("keystore:", "want 0x"),
        ("0x1234", "not a checksum address"),
        (ITS_ADDRESS.replace("E7", "e7", 1), "not a checksum address"),
        ("0x" + "00" * 20, "not a checksum address"),
        ("11" * 32, "want 0x"),
        ("env:KEY", "want 0x"),
        ("file:/some/key", "want 0x"),
        ("anvil:64", "not one of the first 64"),
    ],
)
def test_what_is_no_reference_is_refused_with_its_reason(reference: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        party(reference)


@pytest.mark.parametrize("key", [SECRET, SECRET[2:], f"env:{SECRET}"])
def test_a_key_in_place_of_a_reference_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        party(key)

    assert "1111" not in str(refused.value)


def test_well_known_accounts_are_those_of_anvil() -> None:
    assert dev_account(0).address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert dev_address(1).hex() == "70997970c51812dc3a010c7d01b50e0d17dc79c8"


def test_well_known_accounts_are_recognised() -> None:
    assert is_dev_address(dev_address(29))
    assert not is_dev_address(Address(bytes.fromhex(ITS_ADDRESS[2:])))


def test_signatures_are_those_of_the_address() -> None:
    digest = bytes(range(32))

    signature = party("anvil:3").unlock().sign_digest(digest)

    assert signature[64] in (27, 28)
    assert Account._recover_hash(digest, signature=signature) == dev_account(3).address
