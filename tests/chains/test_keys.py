"""Keys: where a secret may come from, and that it never shows."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from ccip_py.chains.evm.keys import KeySigner, dev_key, from_keystore
from ccip_py.errors import ConfigError

SECRET = bytes.fromhex("11" * 32)


@pytest.fixture
def keystore(tmp_path: Path) -> tuple[Path, Path]:
    path, passphrase = tmp_path / "key.json", tmp_path / "passphrase"
    path.write_text(json.dumps(Account.encrypt(SECRET, "correct horse", kdf="pbkdf2", iterations=2)))
    passphrase.write_text("correct horse\n")
    path.chmod(0o600)
    passphrase.chmod(0o600)
    return path, passphrase


def test_a_keystore_is_decrypted(keystore: tuple[Path, Path]) -> None:
    assert from_keystore(*keystore).address == KeySigner(SECRET).address


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_others_may_read_is_refused(keystore: tuple[Path, Path], which: int) -> None:
    keystore[which].chmod(0o640)

    with pytest.raises(ConfigError, match="its owner alone"):
        from_keystore(*keystore)


def test_a_wrong_passphrase_says_so_without_showing_it(keystore: tuple[Path, Path]) -> None:
    keystore[1].write_text("wrong horse")

    with pytest.raises(ConfigError, match="cannot be opened") as wrong:
        from_keystore(*keystore)

    assert "horse" not in str(wrong.value)


@pytest.mark.parametrize("content", ["", "11" * 32, "[]", '{"version": 3}', '{"version": 9}', "[" * 100_000])
def test_what_is_no_keystore_is_refused_without_showing_it(keystore: tuple[Path, Path], content: str) -> None:
    keystore[0].write_text(content)

    with pytest.raises(ConfigError, match="cannot be opened") as refused:
        from_keystore(*keystore)

    assert "1111" not in str(refused.value)


@pytest.mark.parametrize("which", [0, 1])
def test_a_file_that_is_not_there_is_named(keystore: tuple[Path, Path], which: int) -> None:
    keystore[which].unlink()

    with pytest.raises(ConfigError, match=rf"No such file.*{keystore[which].name}"):
        from_keystore(*keystore)


def test_a_signature_recovers_to_the_address() -> None:
    signer = KeySigner(SECRET)

    signature = signer.sign_digest(b"\x07" * 32)

    assert Account._recover_hash(b"\x07" * 32, signature=signature) == to_checksum_address(signer.address)
    assert signature[64] in (27, 28)


def test_only_a_digest_is_signed() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        KeySigner(SECRET).sign_digest(b"\x07" * 31)


def test_a_key_does_not_show() -> None:
    signer = KeySigner(SECRET)

    assert SECRET.hex() not in repr(signer) + str(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_the_first_development_key_is_the_well_known_one() -> None:
    assert dev_key(0).hex() == "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
    assert KeySigner(dev_key(0)).address.hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
