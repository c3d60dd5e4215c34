"""Keys: where a secret may come from, and that it never shows."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from eth_account import Account

from ccip_py.errors import ConfigError
from ccip_py.nodes.keys import KeySigner, dev_secret, dev_signer, from_keystore
from ccip_py.nodes.transport.envelope import recover

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


def test_a_signature_recovers_to_the_address() -> None:
    signer = KeySigner(SECRET)

    signature = signer.sign_digest(b"\x07" * 32)

    assert recover(b"\x07" * 32, signature) == signer.address
    assert signature[64] in (27, 28)


def test_a_key_does_not_show() -> None:
    signer = KeySigner(SECRET)

    assert SECRET.hex() not in repr(signer) + str(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_the_first_development_key_is_the_well_known_one() -> None:
    assert KeySigner(dev_secret(0)).address.hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("chain_id", "url", "why"),
    [
        (1, "http://127.0.0.1:1", "not one of the development ids"),
        (31337, "http://rpc.example:8545", "not on loopback"),
    ],
)
async def test_a_development_key_is_refused_off_local_chains(chain_id: int, url: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        await dev_signer(0, {chain_id: url})
