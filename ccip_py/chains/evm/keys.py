"""Private keys of EVM chains: where a secret may come from, and the one thing it does.

Promise: a secret enters from an encrypted keystore file (private to its owner, its passphrase in a file of its own) or
is one of Anvil's well-known development keys; never from a configuration value, the environment or a command line.
It is never shown, logged, copied or pickled. That development keys stay on local chains is for callers to see to.
"""

from __future__ import annotations

import hashlib
import hmac
import stat
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import coincurve
from eth_utils.address import to_checksum_address

from ccip_py.chains.bounded_json import parse_json
from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

DEV_MNEMONIC = "test test test test test test test test test test test junk"
"""Anvil's default. Everybody knows these keys: they protect nothing."""

DEV_ACCOUNTS = 64
"""How many of its accounts are used and recognised."""

LOCAL_CHAIN_IDS = frozenset({31337, 1337, 2337, 3337, *range(90000001, 90000007)})
"""The only chain ids on which a development key is ever used. None of them is a public network."""

_HARDENED = 1 << 31


class KeySigner:
    """A private key that can only sign. Its text form is its address."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        self._key = coincurve.PrivateKey(secret)
        self.address = Address(keccak(self._key.public_key.format(compressed=False)[1:])[12:])

    def sign_digest(self, digest: bytes) -> bytes:
        """r ‖ s ‖ v, low-s, v 27 or 28, over exactly 32 bytes."""
        if len(digest) != 32:
            raise ValueError(f"a digest has 32 bytes, got {len(digest)}")
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])

    def __repr__(self) -> str:
        return f"<key of {to_checksum_address(self.address)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never copied or written")


# --- Keystores ---


def from_keystore(path: Path, passphrase_path: Path) -> KeySigner:
    """Decrypt a keystore file (the usual JSON form). Both files must be readable by their owner alone."""
    from eth_keyfile.keyfile import decode_keyfile_json  # here, because it pulls in a second of imports

    keystore = read_private(path)
    passphrase = read_private(passphrase_path).rstrip("\r\n")
    try:
        return KeySigner(decode_keyfile_json(parse_json(keystore), passphrase.encode()))
    except (ValueError, TypeError, KeyError, AttributeError, NotImplementedError) as wrong:
        # The cause may quote what it failed on, so it is left out.
        raise ConfigError(
            "the keystore cannot be opened",
            context={"path": path, "cause": type(wrong).__name__},
            hint="check that the passphrase file belongs to this keystore",
        ) from None


def read_private(path: Path, what: str = "key file") -> str:
    """The text of a file that only its owner may read; ConfigError for any other."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise ConfigError(
                f"a {what} must be readable by its owner alone",
                context={"path": path, "mode": oct(stat.S_IMODE(mode))},
                hint=f"chmod 600 {path}",
            )
        return path.read_text(encoding="utf-8")
    except OSError as missing:
        raise ConfigError(f"cannot read the {what}: {missing.strerror}", context={"path": path}) from None
    except UnicodeDecodeError:
        raise ConfigError(f"the {what} is not text", context={"path": path}) from None


# --- Development keys ---


@lru_cache(maxsize=DEV_ACCOUNTS)
def dev_key(index: int) -> bytes:
    """The private key of an account of Anvil's mnemonic. Everybody has it."""
    if not 0 <= index < DEV_ACCOUNTS:
        raise ConfigError(f"Anvil account {index} is not one of the first {DEV_ACCOUNTS}")
    key, chain_code = _dev_account_node()
    for step in (0, index):
        key, chain_code = _child(key, chain_code, step)
    return key


@lru_cache(maxsize=1)
def _dev_account_node() -> tuple[bytes, bytes]:
    """The node m/44'/60'/0' of the mnemonic (BIP-39, BIP-32, BIP-44)."""
    seed = hashlib.pbkdf2_hmac("sha512", DEV_MNEMONIC.encode(), b"mnemonic", 2048)
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    key, chain_code = digest[:32], digest[32:]
    for step in (44, 60, 0):
        key, chain_code = _child(key, chain_code, step | _HARDENED)
    return key, chain_code


def _child(key: bytes, chain_code: bytes, step: int) -> tuple[bytes, bytes]:
    """One step of BIP-32 from a private key."""
    parent = coincurve.PrivateKey(key)
    known = b"\0" + key if step & _HARDENED else parent.public_key.format(compressed=True)
    digest = hmac.digest(chain_code, known + step.to_bytes(4, "big"), "sha512")
    return parent.add(digest[:32]).secret, digest[32:]
