"""Keys by reference. A configuration never holds a secret, only where to find one.

    env:NAME       the environment variable holds the key in hex
    file:PATH      the file does; group and others must not be able to read it
    anvil:INDEX    the account of that index of Anvil's well-known mnemonic: for local chains only
    0x…            an address: enough for roles that sign elsewhere

Everybody has the well-known keys, so `is_dev_address` lets the configuration refuse them outside local chains.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from eth_account import Account
from eth_account.hdaccount import key_from_seed, seed_from_mnemonic
from eth_account.signers.local import LocalAccount
from eth_utils.address import is_checksum_address, to_checksum_address

from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import Address

DEV_MNEMONIC = "test test test test test test test test test test test junk"
DEV_ACCOUNTS = 64  # how many of its accounts are recognised
LOCAL_CHAIN_IDS = frozenset({31337, 1337, 1338, 2337, 3337})


@dataclass(frozen=True, slots=True)
class Party:
    """Someone with an address; `reference` says where the key is, if this process may sign for them."""

    address: Address
    reference: str | None = None

    def unlock(self) -> LocalAccount:
        """The account with its key. ConfigError if only the address is known."""
        if self.reference is None:
            raise ConfigError(f"no key is known for {to_checksum_address(self.address)}")
        account: LocalAccount = Account.from_key(_key(self.reference, os.environ))
        return account


def party(text: str, environment: Mapping[str, str] = os.environ) -> Party:
    """Read an address or a key reference. Raises ValueError that says what is wrong, never the key."""
    if text.startswith("0x"):
        if len(text) != 42 or not is_checksum_address(text) or int(text, 16) == 0:
            raise ValueError("not a checksum address")
        return Party(Address(bytes.fromhex(text[2:])))
    account: LocalAccount = Account.from_key(_key(text, environment))
    return Party(Address(bytes.fromhex(account.address[2:])), text)


def dev_account(index: int) -> LocalAccount:
    """An account of Anvil's mnemonic, with its key."""
    account: LocalAccount = Account.from_key(dev_key(index))
    return account


@lru_cache(maxsize=DEV_ACCOUNTS)
def dev_key(index: int) -> bytes:
    """The private key of an account of Anvil's mnemonic. Everybody has it."""
    if not 0 <= index < DEV_ACCOUNTS:
        raise ConfigError(f"Anvil account {index} is not one of the first {DEV_ACCOUNTS}")
    return bytes(key_from_seed(_dev_seed(), f"m/44'/60'/0'/0/{index}"))


@lru_cache(maxsize=DEV_ACCOUNTS)
def dev_address(index: int) -> Address:
    """The address that goes with `dev_key`."""
    return Address(bytes.fromhex(dev_account(index).address[2:]))


def is_dev_address(address: Address) -> bool:
    """Whether the key of this address is known to everybody."""
    return any(address == dev_address(index) for index in range(DEV_ACCOUNTS))


@lru_cache(maxsize=1)
def _dev_seed() -> bytes:
    return bytes(seed_from_mnemonic(DEV_MNEMONIC, ""))


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
