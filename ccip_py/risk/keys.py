"""The monitor's keys: where they come from, and the one thing they do.

A key signs 32-byte digests and nothing else. What may be signed is not decided here: `vote.py` only
signs what the journal has already recorded.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import cache, lru_cache

from coincurve import PrivateKey, PublicKey

from ccip_py.risk.config import ConfigError, KeySource
from ccip_py.risk.keccak import keccak
from ccip_py.risk.private import private_text

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

# So many of Anvil's accounts are recognised; it makes ten unless it is asked for more.
DEV_ACCOUNTS = 100
# Anvil prints this phrase whenever it starts. Anybody can sign with these accounts.
_DEV_PHRASE = b"test test test test test test test test test test test junk"


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """A secp256k1 key and its address. Never shown: a repr would end up in a log."""

    secret: PrivateKey
    address: bytes

    def __repr__(self) -> str:
        return f"Key(0x{self.address.hex()})"

    def sign(self, digest: bytes) -> tuple[int, int, int]:
        """(r, s, parity) with low s. Deterministic: the same digest always gives the same signature."""
        raw = self.secret.sign_recoverable(digest, hasher=None)
        return int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]


def key(secret: bytes) -> Key:
    private = PrivateKey(secret)
    return Key(private, _address(private.public_key))


def load(source: KeySource) -> Key:
    """The key that a configuration names. The caller checks first whether a dev key is tolerable."""
    if source.dev_key_index is not None:
        return dev_key(source.dev_key_index)
    if source.keystore is None or source.password_file is None:
        raise ConfigError("a key needs a keystore and a password_file")
    # Imported here because it is slow, and only processes that open a keystore need it.
    from eth_account import Account

    sealed, password = private_text(source.keystore), private_text(source.password_file).rstrip("\r\n")
    try:
        return key(bytes(Account.decrypt(json.loads(sealed), password)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # The error may quote what it failed on, so only its kind is told.
        raise ConfigError(
            f"{source.keystore} can't be opened with {source.password_file}: {type(error).__name__}"
        ) from None


def dev_key(index: int) -> Key:
    """Anvil's account number `index`: m/44'/60'/0'/0/index of its well-known phrase."""
    return key(_child(_dev_accounts(), index)[:32])


@cache
def _dev_accounts() -> bytes:
    """The node that all of them are children of."""
    seed = hashlib.pbkdf2_hmac("sha512", _DEV_PHRASE, b"mnemonic", 2048)
    node = hmac.digest(b"Bitcoin seed", seed, "sha512")
    hardened = 1 << 31
    for step in (hardened + 44, hardened + 60, hardened, 0):
        node = _child(node, step)
    return node


def is_well_known(address: bytes) -> bool:
    """Whether it is one of Anvil's accounts, wherever its key came from."""
    return address in _well_known()


@cache
def _well_known() -> frozenset[bytes]:
    return frozenset(dev_key(index).address for index in range(DEV_ACCOUNTS))


def _child(node: bytes, step: int) -> bytes:
    """One step of hierarchical derivation: left half is the key, right half the chain code."""
    secret, chain_code = node[:32], node[32:]
    public = b"\0" + secret if step >> 31 else PrivateKey(secret).public_key.format()
    derived = hmac.digest(chain_code, public + step.to_bytes(4, "big"), "sha512")
    child = (int.from_bytes(derived[:32], "big") + int.from_bytes(secret, "big")) % _ORDER
    return child.to_bytes(32, "big") + derived[32:]


@lru_cache(maxsize=4_096)
def signer_of(digest: bytes, r: int, s: int, parity: int) -> bytes | None:
    """Who signed `digest`; None for anything the RMN contract would not count (high s, nonsense).

    Remembers answers: peers serve the same votes again and again, and one recovery takes 50 µs.
    """
    if parity not in (0, 1) or not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        return None
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
    try:
        return _address(PublicKey.from_signature_and_message(raw, digest, hasher=None))
    except ValueError:
        return None


def _address(public: PublicKey) -> bytes:
    return keccak(public.format(compressed=False)[1:])[12:]
