"""Keys by reference. A configuration never holds a secret, only where to find one.

    keystore:PATH  an encrypted keystore file, its passphrase beside it in PATH.passphrase; nobody but their owner may
                   be able to read the two
    anvil:INDEX    the account of that index of Anvil's well-known mnemonic: for local chains only
    0x…            an address: enough for roles that sign elsewhere

Everybody has the well-known keys, so `is_dev_address` lets the configuration refuse them outside local chains.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from eth_utils.address import is_checksum_address, to_checksum_address

from ccip_py.chains.evm.keys import DEV_ACCOUNTS, KeySigner, dev_key, from_keystore
from ccip_py.errors import ConfigError
from ccip_py.protocol.ids import Address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

REFERENCES = "0x… (an address), keystore:PATH or anvil:INDEX"
"""What may stand in a configuration, for those who complain about what does."""


@dataclass(frozen=True, slots=True)
class Party:
    """Someone with an address; `reference` says where the key is, if this process may sign for them."""

    address: Address
    reference: str | None = None

    def unlock(self) -> KeySigner:
        """The key itself, to sign with. ConfigError if only the address is known, or the key is gone."""
        if self.reference is None:
            raise ConfigError(f"no key is known for {to_checksum_address(self.address)}")
        signer = _signer(self.reference)
        if signer.address != self.address:
            raise ConfigError(
                f"{self.reference} is not the key of {to_checksum_address(self.address)} any more"
            )
        return signer


def party(text: str) -> Party:
    """Read an address or a key reference; a key is tried at once. ConfigError says what is wrong, never the key."""
    if text.startswith("0x"):
        if len(text) != 42 or not is_checksum_address(text) or int(text, 16) == 0:
            raise ConfigError("not a checksum address")
        return Party(Address(bytes.fromhex(text[2:])))
    return Party(_signer(text).address, text)


def _signer(reference: str) -> KeySigner:
    kind, _, name = reference.partition(":")
    if kind == "anvil" and name.isdecimal():
        return KeySigner(dev_key(int(name)))
    if kind == "keystore" and name:
        path = Path(name).expanduser()
        return from_keystore(path, path.with_name(f"{path.name}.passphrase"))
    raise ConfigError(f"want {REFERENCES}")


def dev_account(index: int) -> "LocalAccount":
    """An account of Anvil's mnemonic, as web3 and eth-account users know it."""
    from eth_account import Account  # takes a second to import: only for those who need it

    account: LocalAccount = Account.from_key(dev_key(index))
    return account


@lru_cache(maxsize=DEV_ACCOUNTS)
def dev_address(index: int) -> Address:
    """The address that goes with `dev_key`."""
    return KeySigner(dev_key(index)).address


def is_dev_address(address: Address) -> bool:
    """Whether everybody knows the key of this address."""
    return any(address == dev_address(index) for index in range(DEV_ACCOUNTS))
