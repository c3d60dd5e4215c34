"""Calling contracts by the names in their ABI: structs go in and come out by field name.

An address is 20 bytes here, in and out. A struct is a mapping from field names on the way in, in any order, and a
dict on the way out, so that no caller depends on the order of fields in a contract.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from eth_abi.abi import decode, encode

from ccip_py.deploy.artifacts import Artifact
from ccip_py.errors import CannotEncode
from ccip_py.protocol.keccak import keccak

Field = Mapping[str, Any]  # one input, output or struct component of a JSON ABI


def creation_data(artifact: Artifact, arguments: Sequence[Any]) -> bytes:
    """What a deploying transaction carries: creation code and constructor arguments."""
    if not artifact.bytecode:
        raise CannotEncode(f"{artifact.name} is abstract or an interface: there is nothing to deploy")
    empty: Field = {"inputs": []}
    constructor = next((item for item in artifact.abi if item["type"] == "constructor"), empty)
    return artifact.bytecode + _encode(f"{artifact.name}()", constructor["inputs"], arguments)


def call_data(artifact: Artifact, function: str, arguments: Sequence[Any]) -> bytes:
    """What a call of that function carries."""
    entry = entry_of(artifact, function, len(arguments))
    return keccak(signature(entry).encode())[:4] + _encode(
        f"{artifact.name}.{function}", entry["inputs"], arguments
    )


def result(artifact: Artifact, function: str, arity: int, data: bytes) -> Any:
    """What the function returned: the value itself if there is one, else a dict by output name."""
    outputs = entry_of(artifact, function, arity)["outputs"]
    values = decode([_type(field) for field in outputs], data)
    shaped = [_out(field, value) for field, value in zip(outputs, values, strict=True)]
    if len(shaped) == 1:
        return shaped[0]
    return {
        field["name"] or str(i): value for i, (field, value) in enumerate(zip(outputs, shaped, strict=True))
    }


def encode_values(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """abi.encode of plain values; addresses as 20 bytes."""
    return encode(
        types,
        [_address(value) if kind == "address" else value for kind, value in zip(types, values, strict=True)],
    )


def entry_of(artifact: Artifact, function: str, arity: int) -> Field:
    """The ABI's entry for a function, by its name, or by its signature where several share name and arity."""
    named = [item for item in artifact.abi if item["type"] == "function" and item["name"] == function]
    fitting = [item for item in named if len(item["inputs"]) == arity]
    if "(" in function:
        fitting = [
            item for item in artifact.abi if item["type"] == "function" and signature(item) == function
        ]
    if len(fitting) == 1:
        return fitting[0]
    forms = "; ".join(signature(item) for item in named)
    if fitting:
        raise CannotEncode(
            f"{artifact.name} has several functions {function} with {arity} arguments",
            hint=f"name one by its signature: {forms}",
        )
    known = f"it has {forms}" if named else nearest(artifact, function)
    raise CannotEncode(f"{artifact.name} has no function {function} with {arity} arguments", hint=known)


def nearest(artifact: Artifact, function: str) -> str:
    """What may have been meant by a name that the contract does not have; empty if nothing is like it."""
    close = get_close_matches(function, {item["name"] for item in artifact.abi if item["type"] == "function"})
    return f"did you mean {' or '.join(close)}?" if close else ""


def signature(entry: Field) -> str:
    """A function as its selector is made of: `transfer(address,uint256)`."""
    return f"{entry['name']}({','.join(_type(field) for field in entry['inputs'])})"


def _encode(where: str, fields: Sequence[Field], values: Sequence[Any]) -> bytes:
    if len(fields) != len(values):
        raise CannotEncode(f"{where} takes {len(fields)} arguments, got {len(values)}")
    return encode([_type(f) for f in fields], [_in(f, v) for f, v in zip(fields, values, strict=True)])


def _type(field: Field) -> str:
    kind = str(field["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(part) for part in field['components'])}){kind[5:]}"


def _in(field: Field, value: Any) -> Any:
    kind = str(field["type"])
    if kind.endswith("]"):
        return [_in(_item(field), item) for item in value]
    if kind == "address":
        return _address(value)
    if kind != "tuple":
        return value
    names = [part["name"] for part in field["components"]]
    if set(value) != set(names):
        odd = sorted(set(value) ^ set(names))
        raise CannotEncode(
            f"the struct {field.get('internalType', field['name'])} differs in {', '.join(odd)}"
        )
    return [_in(part, value[part["name"]]) for part in field["components"]]


def _out(field: Field, value: Any) -> Any:
    kind = str(field["type"])
    if kind.endswith("]"):
        return [_out(_item(field), item) for item in value]
    if kind == "address":
        return bytes.fromhex(value[2:])
    if kind != "tuple":
        return value
    return {part["name"]: _out(part, item) for part, item in zip(field["components"], value, strict=True)}


def _item(field: Field) -> Field:
    return {**field, "type": str(field["type"]).rpartition("[")[0]}


def _address(value: bytes) -> str:
    if len(value) != 20:
        raise CannotEncode(f"an address has 20 bytes, got {len(value)}")
    return "0x" + value.hex()
