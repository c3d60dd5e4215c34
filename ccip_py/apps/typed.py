"""Functions and results by their ABI: arguments in, calldata out; returned bytes in, values out.

Addresses are strings, structs mappings or sequences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.abi import (
    function_abi_to_4byte_selector,
    get_abi_input_types,
    get_abi_output_types,
    get_aligned_abi_inputs,
)

from ccip_py.errors import BadInput, CannotEncode

Entry = Mapping[str, Any]


def calldata(abi: Sequence[Any], function: str, arguments: Sequence[Any]) -> bytes:
    """What a call of that function carries; the one that takes so many arguments, if the name is overloaded."""
    named = [item for item in abi if item.get("type") == "function" and item["name"] == function]
    for entry in named:
        if len(entry["inputs"]) == len(arguments):
            return function_abi_to_4byte_selector(entry) + _encoded(entry, arguments)
    forms = "; ".join(_form(entry) for entry in named) or "no such function"
    raise BadInput(f"{function} cannot take {len(arguments)} arguments", hint=f"the contract has: {forms}")


def _encoded(entry: Any, arguments: Sequence[Any]) -> bytes:
    plain = [getattr(value, "address", value) for value in arguments]
    try:
        types, values = get_aligned_abi_inputs(entry, tuple(plain))
        return encode(list(types), values)
    except (EncodingError, ValueError, TypeError) as misfit:
        raise CannotEncode(f"{_form(entry)} cannot take {arguments!r}: {misfit}") from misfit


def function_of(abi: Sequence[Any], selector: bytes) -> Entry | None:
    """The ABI's entry for four bytes of calldata."""
    for item in abi:
        if item.get("type") == "function" and function_abi_to_4byte_selector(item) == selector:
            return dict(item)
    return None


def returned(entry: Any, data: bytes) -> Any:
    """What the function returned: None, the value, or a dict by name (by number where there is none)."""
    types = get_abi_output_types(entry)
    try:
        values = decode(types, data)
    except DecodingError as misfit:
        raise BadInput(
            f"what {entry['name']} returned is not {', '.join(types)}",
            hint="is this the ABI of the contract at that address?",
        ) from misfit
    if len(values) < 2:
        return values[0] if values else None
    return {
        output.get("name") or str(i): value
        for i, (output, value) in enumerate(zip(entry["outputs"], values, strict=True))
    }


def _form(entry: Any) -> str:
    return f"{entry['name']}({', '.join(get_abi_input_types(entry))})"
