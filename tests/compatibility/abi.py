"""A contract's interface as plain facts, in the words of `tests/vectors/ccip_1_5_abi.json`, and what two of them differ in.

Struct names are no fact: on the wire a function that returns one struct of fixed size and one that returns its
fields answer the same bytes, so both are written as the fields. An output that the reference leaves unnamed may have
any name.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.deploy import artifacts
from ccip_py.protocol.keccak import keccak

FACTS = Path(__file__).parents[1] / "vectors" / "ccip_1_5_abi.json"
KINDS = ("functions", "events", "errors")

Interface = dict[str, dict[str, dict[str, Any]]]  # kind → signature → facts


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One thing that is not as in the reference. `name` is a signature where the name alone is ambiguous."""

    how: str  # missing, additional, or what of it differs: arguments, returns, mutability
    kind: str
    name: str


def reference(contract: str) -> Interface:
    """What the production contract of that name and version offers."""
    facts = json.loads(FACTS.read_text(encoding="utf-8"))[contract]
    return {kind: {entry["signature"]: entry for entry in facts[kind]} for kind in KINDS}


def compiled(contract: str) -> Interface:
    """What our contract offers."""
    interface: Interface = {kind: {} for kind in KINDS}
    for item in artifacts.load(contract).abi:
        if f"{item['type']}s" in KINDS:
            entry = _facts(item)
            interface[f"{item['type']}s"][entry["signature"]] = entry
    return interface


def differences(ours: Interface, theirs: Interface) -> set[Difference]:
    """Everything in which ours is not theirs."""
    found = set()
    for kind in KINDS:
        mine, other = ours[kind], theirs[kind]
        found |= {Difference("missing", kind, _short(entry, other)) for entry in other.keys() - mine.keys()}
        found |= {Difference("additional", kind, _short(entry, mine)) for entry in mine.keys() - other.keys()}
        for signature in mine.keys() & other.keys():
            for field in _differing(mine[signature], other[signature]):
                found.add(Difference(field, kind, _short(signature, other)))
    return found


def _differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    odd = [field for field in theirs if field != "returns" and ours[field] != theirs[field]]
    if "returns" in theirs and not _same_outputs(ours["returns"], theirs["returns"]):
        odd.append("returns")
    return odd


def _same_outputs(ours: list[str], theirs: list[str]) -> bool:
    if len(ours) != len(theirs):
        return False
    return all(mine == other or _unnamed(mine) == other for mine, other in zip(ours, theirs, strict=True))


def _unnamed(output: str) -> str:
    return re.sub(r" \w+$", "", output)


def _short(signature: str, interface: Mapping[str, Any]) -> str:
    """The name, if no other entry has it."""
    names = Counter(other.partition("(")[0] for other in interface)
    name = signature.partition("(")[0]
    return name if names[name] == 1 else signature


def _facts(item: Mapping[str, Any]) -> dict[str, Any]:
    signature = f"{item['name']}({','.join(_type(field) for field in item['inputs'])})"
    digest = keccak(signature.encode())
    key, value = ("topic", digest) if item["type"] == "event" else ("selector", digest[:4])
    entry = {
        key: "0x" + value.hex(),
        "signature": signature,
        "arguments": [_words(field) for field in item["inputs"]],
    }
    if item["type"] == "function":
        entry["mutability"] = item["stateMutability"]
        entry["returns"] = [_words(field) for field in _fields(item["outputs"])]
    return entry


def _fields(outputs: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    is_struct = len(outputs) == 1 and outputs[0]["type"] == "tuple"
    return list(outputs[0]["components"]) if is_struct else outputs


def _type(field: Mapping[str, Any]) -> str:
    kind = str(field["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type(part) for part in field['components'])}){kind[5:]}"


def _words(field: Mapping[str, Any]) -> str:
    """Type, `indexed` where it is, and name, as Solidity writes them."""
    kind = str(field["type"])
    if kind.startswith("tuple"):
        kind = f"({', '.join(_words(part) for part in field['components'])}){kind[5:]}"
    return " ".join(filter(None, (kind, "indexed" if field.get("indexed") else "", field["name"])))
