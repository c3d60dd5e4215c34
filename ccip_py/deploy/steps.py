"""The steps a deployment is made of: contracts to create and calls to make, written before any address is known.

A step has a name that is its identity: it is done once, under that name. Contracts are referred to by the name of
the step that makes them (`Ref`), so a whole network can be written down, compared and sorted without a chain.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from ccip_py.deploy.abi import encode_values
from ccip_py.protocol.ids import Address

Value = Any  # int, bool, str, bytes, Ref, Encoded, or lists, tuples and string-keyed mappings of these
Addresses = Mapping[str, Address]  # by the name of the step that made the contract


class Phase(IntEnum):
    """Each phase is sent as a whole and must have succeeded before the next one starts."""

    CREATE = 0  # contracts, on all chains
    ADMIT = 1  # the owner of a running network lets the deployer set up a new token
    CONNECT = 2  # settings and references between them
    HAND_OVER = 3  # the deployer offers everything to the owner
    ACCEPT = 4  # the owner accepts
    OPEN = 5  # the owner of a running network connects it to what is new


@dataclass(frozen=True, slots=True)
class Ref:
    """The address of the contract that the step of this name makes."""

    name: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """abi.encode of the values: how addresses of other chains are carried."""

    types: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Create:
    """Deploy a contract."""

    name: str
    chain: str
    contract: str
    arguments: tuple[Value, ...] = ()

    phase = Phase.CREATE
    by_owner = False
    later_than = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Call a contract."""

    name: str
    chain: str
    target: Ref
    contract: str  # whose ABI the target has
    function: str
    arguments: tuple[Value, ...] = ()
    phase: Phase = Phase.CONNECT
    by_owner: bool = False  # signed by the owner instead of the deployer
    later_than: str = ""  # a step that must lie in an earlier second of the chain's time
    again: bool = False  # sets a whole: when it should be another, it is simply done once more


Step = Create | Call


def resolve(value: Value, addresses: Addresses) -> Value:
    """The value with every reference replaced."""
    if isinstance(value, Ref):
        return addresses[value.name]
    if isinstance(value, Encoded):
        return encode_values(value.types, [resolve(item, addresses) for item in value.values])
    if isinstance(value, Mapping):
        return {key: resolve(item, addresses) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, addresses) for item in value]
    return value


def digest(step: Step) -> str:
    """What the step does, whoever signs it and when, as a hash: under one name it must never become something else."""
    what = (step.name, step.chain, step.contract, step.arguments)
    if isinstance(step, Call):
        return hashlib.sha256(repr((*what, step.target, step.function)).encode()).hexdigest()[:32]
    return hashlib.sha256(repr(what).encode()).hexdigest()[:32]


# Names. They stand in journals, in messages and in the plan that people read.

TIMELOCK = "OwnerTimelock"


def of_chain(chain: str, contract: str) -> str:
    """One of the contracts that all lanes of a chain share."""
    return f"{chain}/{contract}"


def of_token(chain: str, symbol: str) -> str:
    """A token on a chain."""
    return f"{chain}/token {symbol}"


def of_pool(chain: str, symbol: str) -> str:
    """The pool of a token on a chain."""
    return f"{chain}/pool {symbol}"


def of_lane(source: str, destination: str, contract: str, generation: str = "") -> str:
    """A contract of a lane, whichever chain it is on; of a lane that replaced another, with its generation."""
    return f"{source}>{destination}{generation}/{contract}"
