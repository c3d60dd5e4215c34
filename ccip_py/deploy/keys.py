"""Keys by reference. A configuration never holds a secret, only where to find one.

    env:NAME       the environment variable holds the key in hex
    file:PATH      the file does; group and others must not be able to read it
    anvil:INDEX    the account of that index of Anvil's well-known mnemonic: for local chains only
    0x…            an address: enough for roles that sign elsewhere

Everybody has the well-known keys, so `is_dev_address` lets the configuration refuse them outside local chains.
"""

import hashlib
import hmac
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import coincurve
from eth_utils.address import is_checksum_address, to_checksum_address

from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

DEV_MNEMONIC = "test test test test test test test test test test test junk"
DEV_ACCOUNTS = 64  # how many of its accounts are recognised
LOCAL_CHAIN_IDS = frozenset({31337, 1337, 1338, 2337, 3337})


@dataclass(frozen=True, slots=True)
class Party:
    """Someone with an address; `reference` says where the key is, if this process may sign for them."""

    address: Address
    reference: str | None = None

    def unlock(self) -> "KeySigner":
        """The key itself, to sign with. ConfigError if only the address is known, or the key is gone."""
        if self.reference is None:
            raise ConfigError(f"no key is known for {to_checksum_address(self.address)}")
        try:
            return KeySigner(_key(self.reference, os.environ))
        except ValueError as problem:
            raise ConfigError(f"the key {self.reference}: {problem}") from None


class KeySigner:
    """A private key that only signs. Its text form is its address."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        self._key = coincurve.PrivateKey(secret)
        self.address = Address(keccak(self._key.public_key.format(compressed=False)[1:])[12:])

    def sign_digest(self, digest: bytes) -> bytes:
        """r ‖ s ‖ v over exactly 32 bytes, low-s, v 27 or 28."""
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])

    def __repr__(self) -> str:
        return f"<key of {to_checksum_address(self.address)}>"


def party(text: str, environment: Mapping[str, str] = os.environ) -> Party:
    """Read an address or a key reference. Raises ValueError that says what is wrong, never the key."""
    if text.startswith("0x"):
        if len(text) != 42 or not is_checksum_address(text) or int(text, 16) == 0:
            raise ValueError("not a checksum address")
        return Party(Address(bytes.fromhex(text[2:])))
    return Party(KeySigner(_key(text, environment)).address, text)


def dev_account(index: int) -> "LocalAccount":
    """An account of Anvil's mnemonic, as web3 and eth-account users know it."""
    from eth_account import Account  # takes a second to import: only for those who need it

    account: LocalAccount = Account.from_key(dev_key(index))
    return account


@lru_cache(maxsize=DEV_ACCOUNTS)
def dev_key(index: int) -> bytes:
    """The private key of an account of Anvil's mnemonic. Everybody has it."""
    if not 0 <= index < DEV_ACCOUNTS:
        raise ConfigError(f"Anvil account {index} is not one of the first {DEV_ACCOUNTS}")
    key, chain_code = _dev_account_node()
    for step in (0, index):
        key, chain_code = _child(key, chain_code, step)
    return key


@lru_cache(maxsize=DEV_ACCOUNTS)
def dev_address(index: int) -> Address:
    """The address that goes with `dev_key`."""
    return KeySigner(dev_key(index)).address


def is_dev_address(address: Address) -> bool:
    """Whether everybody knows the key of this address."""
    return any(address == dev_address(index) for index in range(DEV_ACCOUNTS))


@lru_cache(maxsize=1)
def _dev_account_node() -> tuple[bytes, bytes]:
    """The node m/44'/60'/0' of the mnemonic (BIP-39, BIP-32, BIP-44)."""
    seed = hashlib.pbkdf2_hmac("sha512", DEV_MNEMONIC.encode(), b"mnemonic", 2048)
    digest = hmac.digest(b"Bitcoin seed", seed, "sha512")
    key, chain_code = digest[:32], digest[32:]
    for step in (44, 60, 0):
        key, chain_code = _child(key, chain_code, step | _HARDENED)
    return key, chain_code


_HARDENED = 1 << 31


def _child(key: bytes, chain_code: bytes, step: int) -> tuple[bytes, bytes]:
    """One step of BIP-32 from a private key."""
    parent = coincurve.PrivateKey(key)
    known = b"\0" + key if step & _HARDENED else parent.public_key.format(compressed=True)
    digest = hmac.digest(chain_code, known + step.to_bytes(4, "big"), "sha512")
    return parent.add(digest[:32]).secret, digest[32:]


def _key(reference: str, environment: Mapping[str, str]) -> bytes:
    kind, _, name = reference.partition(":")
    if kind == "anvil" and name.isdecimal():
        return dev_key(int(name))
    if kind == "env":
        if name not in environment:
            raise ValueError(f"the environment variable {name} is not set")
        return _hex_key(environment[name], f"the environment variable {name}")
    if kind == "file":
        return _hex_key(_secret_file(Path(name).expanduser()), name)
    raise ValueError("want 0x… (an address), env:NAME, file:PATH or anvil:INDEX")


def _secret_file(path: Path) -> str:
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ValueError(f"{path} can be read by others: chmod 600 {path}")
        return path.read_text(encoding="ascii").strip()
    except OSError as problem:
        raise ValueError(f"cannot read {path}: {problem.strerror}") from None


def _hex_key(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip().removeprefix("0x"))
    except ValueError:
        key = b""
    if len(key) != 32 or not any(key):
        raise ValueError(f"{where} does not hold 32 bytes of hex")
    return key
