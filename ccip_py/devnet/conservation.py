"""Token conservation across chains, computed from balances and events alone.

What pools took in on one chain (locked or burned) and gave out on the other (released or minted) must match once
nothing is in flight, and must explain every change of supply and of pool balances. Decimals are equal on both
sides here, so nothing is lost to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

from ccip_py.chains.deployment import ChainDeployment, Deployment, TokenDeployment
from ccip_py.chains.sections import PoolKind
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak
from ccip_py.sdk.client import Ccip
from ccip_py.sdk.evm import Function, read_many
from ccip_py.sdk.flow import Flow
from ccip_py.sdk.logs import find_logs, head, topic
from ccip_py.sdk.send import BALANCE_OF

TOTAL_SUPPLY = Function("totalSupply", (), ("uint256",))

# A pool's own events: (amount in data) for what it took and what it gave, by kind.
TAKEN = {"burn_mint": "Burned(address,uint256)", "lock_release": "Locked(address,uint256)"}
GIVEN = {"burn_mint": "Minted(address,address,uint256)", "lock_release": "Released(address,address,uint256)"}


@dataclass(frozen=True, slots=True)
class Ledger:
    """One token on one chain, at one moment."""

    chain: str
    kind: PoolKind
    supply: int
    in_pool: int
    taken: int  # by the pool, ever
    given: int  # by the pool, ever


@dataclass(frozen=True, slots=True)
class Balance:
    """Whether one claim about a token held, and the sums that decided it."""

    claim: str
    held: bool
    sums: str


def _sum(chain: ChainDeployment, pool: Address, event: str, last: int) -> Flow[int]:
    logs = yield from find_logs(
        chain.selector, pool, [topic(keccak(event.encode()))], chain.start_block, last
    )
    return sum(int.from_bytes(log.data, "big") for log in logs)


def _ledger(chain: ChainDeployment, token: TokenDeployment) -> Flow[Ledger]:
    last = yield from head(chain.selector)
    (supply,), (in_pool,) = yield from read_many(
        chain.selector, [(token.address, TOTAL_SUPPLY, ()), (token.address, BALANCE_OF, (token.pool,))]
    )
    taken = yield from _sum(chain, token.pool, TAKEN[token.kind], last)
    given = yield from _sum(chain, token.pool, GIVEN[token.kind], last)
    return Ledger(chain.name, token.kind, supply, in_pool, taken, given)


def ledgers(ccip: Ccip, deployment: Deployment, symbol: str) -> tuple[Ledger, ...]:
    """The token of that symbol on every chain, now."""
    return tuple(ccip.driver.run(_ledger(chain, chain.token(symbol))) for chain in deployment.chains)


def conserved(symbol: str, before: tuple[Ledger, ...], after: tuple[Ledger, ...]) -> list[Balance]:
    """Compare two moments; nothing of the token may be in flight at either."""
    taken = sum(ledger.taken for ledger in after)
    given = sum(ledger.given for ledger in after)
    balances = [Balance(f"{symbol}: given out = taken in", taken == given, f"{given} = {taken}")]
    for then, now in zip(before, after, strict=True):
        moved = (now.given - then.given) - (now.taken - then.taken)
        if now.kind == "burn_mint":
            claim, held = "supply explained by events", now.supply - then.supply == moved
            sums = f"{then.supply} {moved:+d} = {now.supply}"
        else:
            held = now.supply == then.supply and now.in_pool - then.in_pool == -moved
            claim, sums = "pool explained by events", f"{then.in_pool} {-moved:+d} = {now.in_pool}"
        balances.append(Balance(f"{symbol} on {now.chain}: {claim}", held, sums))
    return balances
