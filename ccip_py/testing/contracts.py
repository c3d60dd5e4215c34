"""Contracts as a test uses them: deployed on a chain, called by name, refusing by name.

    inbox = ccip.deploy("b", "Inbox", ccip.router("b"))
    inbox.count()                            a view: its value
    vault.deposit(5, sender=alice)           anything else: a transaction, mined when this returns
    vault.address, vault.abi                 for web3.py and other tools

Addresses are checksum strings, in and out, and a contract may stand for its address. Structs are dicts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ccip_py.chains.evm.reverts import learn_errors
from ccip_py.deploy import abi, artifacts
from ccip_py.deploy.artifacts import Artifact
from ccip_py.errors import BadInput, ConfigError, Refused
from ccip_py.protocol.codec.evm import checksum
from ccip_py.protocol.ids import Address, ChainSelector
from ccip_py.sdk.drive import SyncDriver
from ccip_py.sdk.evm import Signer, as_address, call_request, succeeded, transact
from ccip_py.sdk.flow import Flow, ask
from ccip_py.sdk.types import Transaction

Field = Mapping[str, Any]
READS = ("view", "pure")


class Contract:
    """One contract on one chain. Every function of its ABI is a method."""

    def __init__(
        self, driver: SyncDriver, chain: ChainSelector, artifact: Artifact, address: Address, owner: Signer
    ) -> None:
        self.address: str = checksum(address)
        self.abi: list[Mapping[str, Any]] = list(artifact.abi)
        self.name = artifact.name
        self._driver, self._chain, self._artifact = driver, chain, artifact
        self._owner = owner

    def __repr__(self) -> str:
        return f"<{self.name} at {self.address}>"

    def __getattr__(self, function: str) -> Method:
        if function.startswith("__") or not self._artifact.has(function):
            meant = abi.nearest(self._artifact, function)
            raise AttributeError(f"{self.name} has no function {function}" + (f"; {meant}" if meant else ""))
        return Method(self, function)

    def fund(self, wei: int) -> Transaction:
        """Send it native coin."""
        flow = transact(self._chain, self._owner, as_address(self.address), b"", value=wei)
        return self._driver.run(flow)[0]

    def call(self, function: str, *arguments: Any, sender: Signer | None = None, value: int = 0) -> Any:
        """What calling the method of that name does: for functions whose name is also one of this class's, and, by
        signature, for those that share name and number of arguments with others: `call("set(address)", alice)`."""
        entry = abi.entry_of(self._artifact, function, len(arguments))
        if entry["stateMutability"] in READS:
            return self._read(function, entry, arguments, sender)
        return self._act(function, entry, arguments, sender, value)

    def _read(self, function: str, entry: Field, arguments: tuple[Any, ...], sender: Signer | None) -> Any:
        data = abi.call_data(self._artifact, function, inward(entry["inputs"], arguments))
        to, caller = as_address(self.address), None if sender is None else sender.address

        def flow() -> Flow[bytes]:
            (answer,) = yield from ask(self._chain, call_request(to, data, sender=caller))
            return bytes.fromhex(succeeded(answer)[2:])

        data = self._driver.run(flow())
        if not entry["outputs"]:
            return None
        if not data:
            raise Refused(
                f"nothing at {self.address} answers {self.name}.{function}",
                hint="is this the right chain and the right address?",
            )
        said = abi.result(self._artifact, function, len(arguments), data)
        return outward(entry["outputs"], said)

    def _act(
        self, function: str, entry: Field, arguments: tuple[Any, ...], sender: Signer | None, value: int
    ) -> Transaction:
        data = abi.call_data(self._artifact, function, inward(entry["inputs"], arguments))
        flow = transact(self._chain, sender or self._owner, as_address(self.address), data, value=value)
        return self._driver.run(flow)[0]


@dataclass(frozen=True, slots=True, repr=False)
class Method:
    """One function of one contract."""

    contract: Contract
    function: str

    def __call__(self, *arguments: Any, sender: Signer | None = None, value: int = 0) -> Any:
        return self.contract.call(self.function, *arguments, sender=sender, value=value)

    def __repr__(self) -> str:
        return f"{self.contract.name}.{self.function}"


def deploy(
    driver: SyncDriver, chain: ChainSelector, artifact: Artifact, arguments: tuple[Any, ...], sender: Signer
) -> Contract:
    """A new contract; its errors are known by name from now on."""
    learn_errors(artifact.name, artifact.abi)
    none: Field = {"inputs": []}
    constructor = next((item for item in artifact.abi if item["type"] == "constructor"), none)
    if len(constructor["inputs"]) != len(arguments):
        wanted = ", ".join(f"{field['type']} {field['name']}" for field in constructor["inputs"])
        raise BadInput(
            f"{artifact.name}({wanted}) takes {len(constructor['inputs'])} arguments, got {len(arguments)}"
        )
    data = abi.creation_data(artifact, inward(constructor["inputs"], arguments))
    _, receipt = driver.run(transact(chain, sender, None, data))
    return Contract(driver, chain, artifact, as_address(receipt["contractAddress"]), sender)


def load_artifact(path: str | Path) -> Artifact:
    """An artifact as Foundry (`out/Box.sol/Box.json`) or Hardhat (`artifacts/contracts/Box.sol/Box.json`) writes it."""
    place = Path(path)
    try:
        raw = json.loads(place.read_text(encoding="utf-8"))
        return artifact_of(str(raw.get("contractName") or place.stem), raw, str(raw.get("sourceName", place)))
    except OSError as missing:
        raise ConfigError(
            f"no artifact at {place}: {missing.strerror}",
            hint="build first: `forge build`, `npx hardhat compile`",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"{place} is no artifact of Foundry's or Hardhat's", hint='it should have "abi" and "bytecode"'
        ) from None


def artifact_of(name: str, raw: Mapping[str, Any], source: str) -> Artifact:
    """An artifact out of JSON with an ABI and code, as hex or as an object that holds it."""
    return Artifact(
        name,
        source,
        tuple(raw["abi"]),
        _code(name, raw["bytecode"]),
        _code(name, raw.get("deployedBytecode", "")),
    )


def shipped(name: str) -> Artifact:
    """A contract that comes with this package."""
    try:
        return artifacts.load(name)
    except ConfigError as unknown:
        close = get_close_matches(name, artifacts.names())
        meant = f"did you mean {' or '.join(close)}? Else " if close else ""
        raise ConfigError(
            f"{name!r} is none of the contracts that come with ccip_py",
            code=unknown.code,
            hint=f"{meant}give a path that ends in .json to load an artifact, or compile a source first",
        ) from None


def _code(name: str, code: Any) -> bytes:
    text = str(code["object"] if isinstance(code, Mapping) else code).removeprefix("0x")
    if "__" in text:
        raise ConfigError(
            f"{name} is not linked: its code still names libraries", hint="make their functions internal"
        )
    return bytes.fromhex(text)


def inward(fields: list[Field], values: tuple[Any, ...]) -> list[Any]:
    """Values with addresses as bytes."""
    return [_turn(field, value, _to_bytes) for field, value in zip(fields, values, strict=True)]


def outward(fields: list[Field], said: Any) -> Any:
    """What `abi.result` gave, with addresses as checksum strings."""
    if len(fields) == 1:
        return _turn(fields[0], said, checksum)
    return {name: _turn(field, said[name], checksum) for field, name in zip(fields, said, strict=True)}


def _turn(field: Field, value: Any, address: Callable[[Any], Any]) -> Any:
    kind = str(field["type"])
    if kind.endswith("]"):
        item = {**field, "type": kind.rpartition("[")[0]}
        return [_turn(item, each, address) for each in value]
    if kind == "address":
        return address(value)
    if kind == "tuple" and isinstance(value, Mapping):
        parts = {part["name"]: part for part in field["components"]}
        return {
            name: _turn(parts[name], each, address) if name in parts else each for name, each in value.items()
        }
    return value


def _to_bytes(value: Any) -> bytes:
    return as_address(getattr(value, "address", value))
