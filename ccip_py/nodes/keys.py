"""The one place where keys are read and used.

Promise: a secret enters from an encrypted keystore file (private to its owner, its passphrase in a file of
its own) or, on a local development chain only, from the well-known development mnemonic; never from a
configuration value, the environment or a command line. It is never shown, logged, copied or pickled.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import coincurve
import httpx

from ccip_py.errors import ConfigError, EndpointDown
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

DEV_MNEMONIC = "test test test test test test test test test test test junk"
"""Anvil's default. Everybody knows these keys: they protect nothing."""

LOCAL_CHAIN_IDS = frozenset({31337, 1337, 2337})
"""The only chain ids on which a development key is ever used. None of them is a public network."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PROBE_TIMEOUT = 5.0  # seconds


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
        return f"<key of 0x{self.address.hex()}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never copied or written")


def from_keystore(path: Path, passphrase_path: Path) -> KeySigner:
    """Decrypt a keystore file (the usual JSON form). Both files must be readable by their owner alone."""
    from eth_keyfile.keyfile import decode_keyfile_json  # here, because it pulls in a second of imports

    keystore = _read_private(path)
    passphrase = _read_private(passphrase_path).rstrip("\r\n")
    try:
        return KeySigner(decode_keyfile_json(json.loads(keystore), passphrase.encode()))
    except (ValueError, TypeError, KeyError) as wrong:
        # The cause may quote what it failed on, so it is left out.
        raise ConfigError(
            "the keystore cannot be opened",
            context={"path": path, "cause": type(wrong).__name__},
            hint="check that the passphrase file belongs to this keystore",
        ) from None


def _read_private(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise ConfigError(
                "a key file must be readable by its owner alone",
                context={"path": path, "mode": oct(stat.S_IMODE(mode))},
                hint=f"chmod 600 {path}",
            )
        return path.read_text(encoding="utf-8")
    except OSError as missing:
        raise ConfigError(f"cannot read the key file: {missing.strerror}", context={"path": path}) from None


async def dev_signer(index: int, rpc_urls: Mapping[int, str]) -> KeySigner:
    """The development key number `index`, once every chain it would be used on has proved to be local.

    `rpc_urls` maps chain id to URL. A chain is local if its id is a known development id, its URL is on
    loopback, and what answers there is Anvil with that very chain id.
    """
    for chain_id, url in rpc_urls.items():
        if chain_id not in LOCAL_CHAIN_IDS:
            raise _not_local(chain_id, url, "its chain id is not one of the development ids")
        if urlsplit(url).hostname not in _LOOPBACK:
            raise _not_local(chain_id, url, "its endpoint is not on loopback")
        if await _anvil_chain_id(url) != chain_id:
            raise _not_local(chain_id, url, "what answers there is not Anvil with this chain id")
    return KeySigner(dev_secret(index))


def dev_secret(index: int) -> bytes:
    """The secret of development key `index`. Callers outside tests go through `dev_signer`."""
    from eth_account import Account  # here, because it pulls in a second of imports

    Account.enable_unaudited_hdwallet_features()
    return bytes(Account.from_mnemonic(DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}").key)


def _not_local(chain_id: int, url: str, why: str) -> ConfigError:
    return ConfigError(
        f"a development key is refused on this chain: {why}",
        context={"chain_id": chain_id, "host": urlsplit(url).hostname},
        hint="use an encrypted keystore",
    )


async def _anvil_chain_id(url: str) -> int | None:
    """The chain id if Anvil answers at `url`, None if something else does."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "anvil_nodeInfo", "params": []}
    try:
        async with httpx.AsyncClient(timeout=_PROBE_TIMEOUT, trust_env=False) as client:
            answer = (await client.post(url, json=request)).json()
        return int(answer["result"]["environment"]["chainId"])
    except httpx.HTTPError as down:
        raise EndpointDown("the chain did not answer", context={"host": urlsplit(url).hostname}) from down
    except (ValueError, KeyError, TypeError):
        return None
