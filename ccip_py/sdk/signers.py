"""Who signs: an encrypted keystore, a development key, or any account of eth-account, which fits as it is.

    signer = keystore("owner.json")          its passphrase in owner.json.passphrase, both chmod 600
    signer = development(0)                  Anvil's account 0; refused off local chains

Every signature names its chain: only EIP-1559 transactions are signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hexbytes import HexBytes

from ccip_py.chains.evm.keys import LOCAL_CHAIN_IDS, KeySigner, dev_key, from_keystore
from ccip_py.chains.evm.transactions import Transaction, sign
from ccip_py.errors import ConfigError
from ccip_py.protocol.codec.evm import checksum, parse_address


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """As eth-account gives it back."""

    raw_transaction: HexBytes
    hash: HexBytes


@dataclass(frozen=True, slots=True)
class LocalSigner:
    """A key of ours in the form that clients take: an address, and a way to sign a transaction."""

    key: KeySigner
    only_local: bool = False  # a key that everybody has

    @property
    def address(self) -> str:
        return checksum(self.key.address)

    def sign_transaction(self, transaction_dict: Any) -> SignedTransaction:
        """Sign for the chain that the transaction names; ConfigError for a development key elsewhere."""
        chain_id = int(transaction_dict["chainId"])
        if self.only_local and chain_id not in LOCAL_CHAIN_IDS:
            raise ConfigError(
                "a development key is refused on this chain: everybody has it",
                context={"chain_id": chain_id},
                hint="use an encrypted keystore",
            )
        to = transaction_dict.get("to")
        signed = sign(
            Transaction(
                chain_id,
                transaction_dict["nonce"],
                transaction_dict["maxPriorityFeePerGas"],
                transaction_dict["maxFeePerGas"],
                transaction_dict["gas"],
                parse_address(to) if to else None,
                transaction_dict["value"],
                bytes(HexBytes(transaction_dict["data"])),
            ),
            self.key,
        )
        return SignedTransaction(HexBytes(signed.raw), HexBytes(signed.hash))


def keystore(path: str | Path) -> LocalSigner:
    """An encrypted keystore file with its passphrase beside it, both readable by their owner alone."""
    file = Path(path).expanduser()
    return LocalSigner(from_keystore(file, file.with_name(f"{file.name}.passphrase")))


def development(index: int) -> LocalSigner:
    """The account of that index of Anvil's well-known mnemonic. It signs for local chain ids only."""
    return LocalSigner(KeySigner(dev_key(index)), only_local=True)


def signer_of(reference: str) -> LocalSigner:
    """The key that `keystore:PATH` or `anvil:INDEX` refers to."""
    kind, _, name = reference.partition(":")
    if kind == "anvil" and name.isdecimal():
        return development(int(name))
    if kind == "keystore" and name:
        return keystore(name)
    raise ConfigError(
        "not a reference to a key", hint="keystore:PATH, or anvil:INDEX on local chains; never the key itself"
    )
