"""Contracts out of an unpacked npm package: its abi/ and bytecode/ are read, and nothing else of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.errors import ConfigError
from ccip_py.protocol.codec.evm.messages import encode_values
from ccip_py.protocol.keccak import keccak

from .node import Node
from .parts import kind


@dataclass(frozen=True, slots=True)
class Contract:
    """A deployed contract and its published interface."""

    node: Node
    address: str
    abi: Sequence[Mapping[str, Any]]

    def data(self, name: str, *arguments: object) -> bytes:
        """The call data of a function that is not overloaded."""
        entry = next(each for each in self.abi if each["type"] == "function" and each["name"] == name)
        types = [kind(each) for each in entry["inputs"]]
        return keccak(f"{name}({','.join(types)})".encode())[:4] + encode_values(types, list(arguments))

    def send(self, name: str, *arguments: object, sender: str | None = None) -> Any:
        """The receipt of a transaction, of the first account unless it says so."""
        return self.node.send(sender or self.node.accounts[0], self.address, self.data(name, *arguments))


@dataclass(frozen=True, slots=True)
class Package:
    """An unpacked @chainlink/contracts-ccip."""

    folder: Path
    versions: Mapping[str, str]  # which of the versions in the package a lane uses

    def deploy(self, node: Node, name: str, *arguments: object) -> Contract:
        """A new contract of that name."""
        version = self.versions[name]
        if not (self.folder / "abi" / version / f"{name}.json").is_file():
            raise ConfigError(
                f"{self.folder} has no abi/{version}/{name}.json",
                hint="give --ccip an unpacked @chainlink/contracts-ccip 1.6.x: npm pack, then tar xzf",
            )
        abi = json.loads((self.folder / "abi" / version / f"{name}.json").read_text(encoding="utf-8"))
        text = (self.folder / "bytecode" / version / f"{name}.bin").read_text(encoding="utf-8").strip()
        inputs: list[Any] = next((each["inputs"] for each in abi if each["type"] == "constructor"), [])
        code = bytes.fromhex(text.removeprefix("0x"))
        address = node.deploy(node.accounts[0], code, [kind(each) for each in inputs], arguments)
        return Contract(node, address, abi)


def padded(address: str) -> bytes:
    """As `bytes` that hold abi.encode(address)."""
    return bytes.fromhex(address.removeprefix("0x")).rjust(32, b"\0")
