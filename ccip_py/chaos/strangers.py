"""Tokens of strangers whose pools or tokens do harm where they arrive.

For each kind there is a token at the source that takes anything in, and at the destination a token that the source's
pool names, with a pool that misbehaves. The registry lists them, as it lists anybody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ccip_py.audit.rpc import Endpoint
from ccip_py.audit.words import put, signature
from ccip_py.chains.deployment import ChainDeployment
from ccip_py.chaos.code import (
    BOMB,
    BURN_GAS,
    INVALID,
    REFUSE,
    STOP,
    SUPPORTS,
    YES_BUT,
    answering,
    creating,
    returning,
)
from ccip_py.devnet.network import Network
from ccip_py.errors import NotYet
from ccip_py.protocol.codec.evm import checksum

AMOUNT = 10**12
GAS = 1_000_000
_RELEASE = "releaseOrMint((bytes,uint64,address,uint256,address,bytes,bytes,bytes))"
_BALANCE = "balanceOf(address)"
_PROPOSE, _ACCEPT, _SET_POOL = (
    signature(name)[:4]
    for name in (
        "proposeAdministrator(address,address)",
        "acceptAdminRole(address)",
        "setPool(address,address)",
    )
)
_STORED = bytes.fromhex("5f545f5260205ff3")  # answer what is in slot 0
_TAKE = bytes.fromhex("6044355f54015f55")  # add the third argument to slot 0


Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Harm:
    """What a stranger's pool does when it should release, and its token when it is asked for a balance."""

    pool: bytes
    balance: bytes = returning(0)


HARMS = {
    "pool that refuses": Harm(REFUSE),
    "pool that burns gas": Harm(BURN_GAS),
    "pool that returns 512 kB": Harm(BOMB),
    "pool that says nothing": Harm(STOP),
    "pool that releases nothing": Harm(returning(AMOUNT)),
    "token that refuses": Harm(returning(AMOUNT), REFUSE),
    "token that burns gas": Harm(returning(AMOUNT), BURN_GAS),
    "token without balances": Harm(returning(AMOUNT), INVALID),
}


def install(network: Network) -> dict[tuple[str, str], bytes]:
    """Put all of them on all chains. The tokens to send: by the chain they leave and `harm` @ `destination`."""
    chains = network.deployment.chains
    harmful = {chain.name: _harmful(network, chain) for chain in chains}
    tokens: dict[tuple[str, str], bytes] = {}
    for chain in chains:
        ends = {
            f"{harm}@{other.name}": token
            for other in chains
            if other is not chain
            for harm, token in zip(HARMS, harmful[other.name], strict=True)
        }
        leaving = _create(network, chain, [_taking(token) for token in ends.values()])
        _register(network, chain, [(token, token) for token in leaving])
        tokens |= {(chain.name, name): token for name, token in zip(ends, leaving, strict=True)}
    return tokens


def _harmful(network: Network, chain: ChainDeployment) -> list[bytes]:
    """A token for every harm, registered with the pool that does it."""
    tokens = _create(network, chain, [answering({_BALANCE: harm.balance}) for harm in HARMS.values()])
    pools = _create(network, chain, [_pool({_RELEASE: harm.pool}) for harm in HARMS.values()])
    _register(network, chain, list(zip(tokens, pools, strict=True)))
    return tokens


def _taking(arrives_as: bytes) -> bytes:
    """A token that is its own pool: it takes anything in, and names what should arrive."""
    return _pool(
        {
            _BALANCE: _STORED,
            "transferFrom(address,address,uint256)": _TAKE + returning(1),
            "lockOrBurn((bytes,uint64,address,uint256,address))": returning(
                32,
                64,
                128,
                32,
                arrives_as,
                0,  # (bytes token, bytes data): the token's word, no data
            ),
        }
    )


def _pool(answers: dict[str, bytes]) -> bytes:
    yes = returning(1)
    claims = {SUPPORTS: YES_BUT, "isSupportedToken(address)": yes, "isSupportedChain(uint64)": yes}
    return answering({**claims, **answers})


def _create(network: Network, chain: ChainDeployment, runtimes: Sequence[bytes]) -> list[bytes]:
    user = network.user.address
    receipts = _send(network, chain, [(user, None, creating(runtime)) for runtime in runtimes])
    return [bytes.fromhex(receipt["contractAddress"][2:]) for receipt in receipts]


def _register(network: Network, chain: ChainDeployment, pairs: Sequence[tuple[bytes, bytes]]) -> None:
    """As the registry's owner and the token's administrator do it."""
    owner, user, registry = checksum(chain.owner), network.user.address, chain.token_admin_registry
    proposals, choices = [], []
    for token, pool in pairs:
        proposals.append((owner, registry, _PROPOSE + put(token) + put(bytes.fromhex(user[2:]))))
        choices += [
            (user, registry, _ACCEPT + put(token)),
            (user, registry, _SET_POOL + put(token) + put(pool)),
        ]
    _send(network, chain, proposals)
    _send(network, chain, choices)


def _send(
    network: Network, chain: ChainDeployment, wanted: Sequence[tuple[str, bytes | None, bytes]]
) -> list[Json]:
    """Transactions of accounts that the node unlocks, in this order; their receipts. NotYet if one fails."""
    with Endpoint(chain.rpc_url) as endpoint:
        first = {who: int(endpoint.ask("eth_getTransactionCount", who, "pending"), 16) for who, *_ in wanted}
        counts: Counter[str] = Counter()
        hashes: list[str] = []
        for who, to, data in wanted:
            call = {
                "from": who,
                "data": "0x" + data.hex(),
                "gas": hex(GAS),
                "nonce": hex(first[who] + counts[who]),
            }
            counts[who] += 1
            hashes.append(endpoint.ask("eth_sendTransaction", call | ({"to": "0x" + to.hex()} if to else {})))
        mined = partial(endpoint.ask, "eth_getTransactionReceipt", hashes[-1])
        network.wait_until(f"strangers' contracts are on {chain.name}", lambda: mined() is not None)
        receipts: list[Json] = endpoint.batch([("eth_getTransactionReceipt", [each]) for each in hashes])
    if any(receipt["status"] != "0x1" for receipt in receipts):
        raise NotYet(f"the chain {chain.name} refuses a stranger's token", code="STRANGERS_REFUSED")
    return receipts
