"""`ccip parse`: what some bytes mean: calldata, a revert, an event, extra args. Offline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from ccip_py.cli import options, terminal

Data = Annotated[str, typer.Argument(help="0x…: calldata, revert data, extra args, or an event's data.")]
Topics = Annotated[
    list[str], typer.Option("--topic", help="An event's topics, in order; the first names it.", metavar="0x…")
]
DEFAULT_GAS_LIMIT = 200_000  # of extra args that leave it out; lanes may differ


def parse(data: Data, topic: Topics = [], as_json: options.Json = False) -> None:  # noqa: B006
    """Say what bytes mean, by the ABIs of all contracts here and the standard errors."""
    raw, topics = _bytes(data, "DATA"), [_bytes(text, "--topic") for text in topic]
    found = _event(topics, raw) if topics else _extra_args(raw) or _call(raw) or _revert(raw)
    if found is None:
        from ccip_py.errors import Refused

        raise Refused(
            f"nothing here has the name 0x{(topics[0] if topics else raw[:4]).hex()}",
            code="NOT_RECOGNISED",
            hint="it belongs to a contract that is not ours; for events, pass every --topic",
        )
    terminal.result(found, _lines(found), as_json)


def _bytes(text: str, where: str) -> bytes:
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise typer.BadParameter(f"not hexadecimal: {text[:40]}", param_hint=where) from None


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"{found['kind']} {terminal.paint(found['name'], 'bold')}"
    if found.get("contracts"):
        yield f"  of {', '.join(found['contracts'])}"
    yield from _values(found["values"], 1)
    if found.get("hint"):
        yield f"  ({found['hint']})"


def _values(values: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    pairs = values.items() if isinstance(values, Mapping) else enumerate(values)
    for name, value in pairs:
        if isinstance(value, Mapping | list) and value:
            yield f"{indent}{name}:"
            yield from _values(value, depth + 1)
        else:
            yield f"{indent}{name} = {terminal.plain(value)}"


def _extra_args(raw: bytes) -> dict[str, Any] | None:
    from ccip_py.errors import CannotEncode
    from ccip_py.protocol.codec.evm import decode_extra_args

    tags = {"97a657c9": "EVMExtraArgsV1", "181dcf10": "EVMExtraArgsV2"}
    name = tags.get(raw[:4].hex())
    if name is None:
        return None
    try:
        args = decode_extra_args(raw, DEFAULT_GAS_LIMIT)
    except CannotEncode as wrong:
        raise CannotEncode(
            f"extra args with the tag of {name}, but: {wrong.message}", hint=wrong.hint
        ) from None
    values = {"gas_limit": args.gas_limit, "allow_out_of_order": args.allow_out_of_order}
    return {"kind": "extra args", "name": name, "values": values}


def _revert(raw: bytes) -> dict[str, Any] | None:
    from ccip_py.chains.evm.reverts import Revert, explain

    def nested(revert: Revert) -> dict[str, Any]:
        return {
            name: {value.name: nested(value)} if isinstance(value, Revert) else value
            for name, value in revert.values.items()
        }

    revert = explain(raw)
    if revert.name.startswith("0x") or not raw:
        return None
    return {
        "kind": "error",
        "name": revert.name,
        "contracts": list(revert.contracts),
        "values": nested(revert),
        **({"hint": revert.innermost.hint or revert.hint} if revert.innermost.hint or revert.hint else {}),
    }


def _call(raw: bytes) -> dict[str, Any] | None:
    same = [(contract, item) for contract, item in _items("function") if _hash(item)[:4] == raw[:4]]
    for _, item in same:
        values = _decoded(item["inputs"], raw[4:])
        if values is not None:
            owners = [contract for contract, other in same if _signature(other) == _signature(item)]
            return {"kind": "call", "name": _signature(item), "contracts": owners, "values": values}
    return None


def _event(topics: list[bytes], data: bytes) -> dict[str, Any] | None:
    """Events of one signature may differ in what is indexed: the number of topics decides."""
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    for contract, item in _items("event"):
        indexed = [field for field in item["inputs"] if field["indexed"]]
        if _hash(item) != topics[0] or len(indexed) != len(topics) - 1:
            continue
        values = _decoded([field for field in item["inputs"] if not field["indexed"]], data)
        if values is None:
            continue
        for field, word in zip(indexed, topics[1:], strict=True):
            kind = _type(field)
            try:
                values[field["name"]] = decode([kind], word)[0] if _is_value(kind) else word
            except DecodingError:
                values[field["name"]] = word
        return {"kind": "event", "name": _signature(item), "contracts": [contract], "values": values}
    return None


def _is_value(kind: str) -> bool:
    """What is indexed as itself; everything else is indexed as its hash."""
    return not kind.startswith("(") and not kind.endswith("]") and kind not in ("string", "bytes")


def _items(kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every function or event of every contract, the contracts before their interfaces."""
    from ccip_py.deploy import artifacts

    loaded = [artifacts.load(name) for name in artifacts.names()]
    for artifact in sorted(loaded, key=lambda one: not one.bytecode):
        yield from ((artifact.name, item) for item in artifact.abi if item["type"] == kind)


def _hash(item: Mapping[str, Any]) -> bytes:
    from ccip_py.protocol.keccak import keccak

    return keccak(_signature(item).encode())


def _signature(item: Mapping[str, Any]) -> str:
    return f"{item['name']}({','.join(_type(field) for field in item['inputs'])})"


def _type(field: Mapping[str, Any]) -> str:
    kind = str(field["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(part) for part in field['components'])}){kind[5:]}"


def _decoded(fields: list[Mapping[str, Any]], data: bytes) -> dict[str, Any] | None:
    """Values by name, structs included; None if the bytes are not of these types."""
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    try:
        values = decode([_type(field) for field in fields], data)
    except (DecodingError, OverflowError, ValueError):
        return None
    return {
        field["name"] or str(i): _shaped(field, v)
        for i, (field, v) in enumerate(zip(fields, values, strict=True))
    }


def _shaped(field: Mapping[str, Any], value: Any) -> Any:
    kind = str(field["type"])
    if kind.endswith("]"):
        inner = {**field, "type": kind.rpartition("[")[0]}
        return [_shaped(inner, item) for item in value]
    if kind == "tuple":
        parts = field["components"]
        return {part["name"]: _shaped(part, item) for part, item in zip(parts, value, strict=True)}
    if kind == "address":
        from eth_utils.address import to_checksum_address

        return to_checksum_address(value)
    return value
