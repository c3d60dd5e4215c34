"""Keys: well-known ones, encrypted ones, and what they must not do."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from ccip_py.risk import keys
from ccip_py.risk.config import ConfigError, KeySource


def test_dev_keys_are_anvils() -> None:
    assert keys.dev_key(0).address.hex() == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    assert keys.dev_key(9).address.hex() == "a0ee7a142d267c1f36714e4a8f75612f20a79720"


def test_opens_an_encrypted_keystore(tmp_path: Path) -> None:
    secret = bytes(range(1, 33))
    encrypted = Account.encrypt(secret, "open sesame", kdf="pbkdf2", iterations=2)
    (tmp_path / "key.json").write_text(json.dumps(encrypted))
    (tmp_path / "password").write_text("open sesame\n")

    key = keys.load(KeySource(tmp_path / "key.json", tmp_path / "password"))

    assert key.address.hex() == Account.from_key(secret).address[2:].lower()


def test_a_wrong_password_is_a_clear_mistake(tmp_path: Path) -> None:
    encrypted = Account.encrypt(bytes(range(1, 33)), "open sesame", kdf="pbkdf2", iterations=2)
    (tmp_path / "key.json").write_text(json.dumps(encrypted))
    (tmp_path / "password").write_text("wrong")

    with pytest.raises(ConfigError, match=r"key\.json"):
        keys.load(KeySource(tmp_path / "key.json", tmp_path / "password"))


def test_a_key_never_shows_its_secret() -> None:
    key = keys.dev_key(0)

    assert key.secret.secret.hex() not in f"{key!r} {key}"


def test_signs_with_low_s_and_always_the_same() -> None:
    key = keys.dev_key(1)
    for n in range(32):
        digest = n.to_bytes(32, "big")
        r, s, parity = key.sign(digest)

        assert keys.signer_of(digest, r, s, parity) == key.address
        assert key.sign(digest) == (r, s, parity)
