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


def sealed(folder: Path, secret: bytes, *, password: str = "open sesame\n") -> KeySource:
    """A keystore sealed with "open sesame", and a password file, both readable by their owner alone."""
    encrypted = Account.encrypt(secret, "open sesame", kdf="pbkdf2", iterations=2)
    return written(folder, json.dumps(encrypted), password)


def written(folder: Path, keystore: str, password: str) -> KeySource:
    for name, text in (("key.json", keystore), ("password", password)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    return KeySource(folder / "key.json", folder / "password")


def test_opens_an_encrypted_keystore(tmp_path: Path) -> None:
    secret = bytes(range(1, 33))

    key = keys.load(sealed(tmp_path, secret))

    assert key.address.hex() == Account.from_key(secret).address[2:].lower()


def test_a_wrong_password_is_a_clear_mistake(tmp_path: Path) -> None:
    source = sealed(tmp_path, bytes(range(1, 33)), password="wrong")

    with pytest.raises(ConfigError, match=r"key\.json"):
        keys.load(source)


@pytest.mark.parametrize("name", ["key.json", "password"])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, name: str) -> None:
    source = sealed(tmp_path, bytes(range(1, 33)))
    (tmp_path / name).chmod(0o640)

    with pytest.raises(ConfigError, match="chmod 600"):
        keys.load(source)


@pytest.mark.parametrize(
    "text", ["1234567890123456789012345678901234567890", "[]", '"0xabcdef"', "0xdeadbeef"]
)
def test_what_is_no_keystore_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    """People put a bare key where a keystore belongs; it must not end up in a log."""
    with pytest.raises(ConfigError) as refused:
        keys.load(written(tmp_path, text, "open sesame"))

    assert text.strip('"') not in str(refused.value)


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
