"""The steps that make a token travel: the token and its pool on each chain, registered, and connected to each other.

A burn-mint pool gets the token's roles. A lock-release pool gets liquidity if the configuration gives any: tokens
minted for it, so that it can release before anything was locked.
"""

from collections.abc import Iterator

from ccip_py.deploy.chain import accepted, mint, owner_of
from ccip_py.deploy.config import ChainConfig, NetworkConfig, RateLimit, TokenConfig
from ccip_py.deploy.steps import Call, Create, Encoded, Phase, Ref, Step, of_chain, of_pool, of_token
from ccip_py.protocol.prices import usd_per_token

POOL_CONTRACT = {"burn_mint": "BurnMintTokenPool", "lock_release": "LockReleaseTokenPool"}


def create_token(chain: ChainConfig, token: TokenConfig) -> Iterator[Step]:
    """The token and its pool."""
    place = token.on[chain.name]
    itself = Ref(of_token(chain.name, token.symbol))
    if place.address is None:
        yield Create(itself.name, chain.name, "BurnMintERC20", (token.name, token.symbol, place.decimals))
    before = (itself, place.decimals, (), Ref(of_chain(chain.name, "RMNProxy")))
    liquid = (True,) if place.kind == "lock_release" else ()
    arguments = (*before, *liquid, Ref(of_chain(chain.name, "Router")))
    yield Create(of_pool(chain.name, token.symbol), chain.name, POOL_CONTRACT[place.kind], arguments)


def connect_token(config: NetworkConfig, chain: ChainConfig, token: TokenConfig) -> Iterator[Step]:
    """Roles, supply, liquidity, registration, and the remote pools."""
    place = token.on[chain.name]
    itself, pool = of_token(chain.name, token.symbol), of_pool(chain.name, token.symbol)
    kind = POOL_CONTRACT[place.kind]

    def call(name: str, target: str, contract: str, function: str, *arguments: object) -> Call:
        return Call(f"{pool} {name}", chain.name, Ref(target), contract, function, arguments)

    amounts: list[tuple[object, int]] = [
        (holder, place.initial_supply) for holder in config.holders if place.initial_supply
    ]
    if place.liquidity:
        amounts.append((chain.deployer.address, place.liquidity))
    if amounts:
        yield from mint(chain, itself, amounts)
    if place.liquidity:
        yield call("liquidity is ours", pool, kind, "setRebalancer", chain.deployer.address)
        yield call("approve liquidity", itself, "BurnMintERC20", "approve", Ref(pool), place.liquidity)
        yield call("liquidity", pool, kind, "provideLiquidity", place.liquidity)
    if place.kind == "lock_release":
        yield call("liquidity is the owner's", pool, kind, "setRebalancer", owner_of(chain))
    if place.kind == "burn_mint" and place.address is None:
        yield call("roles", itself, "BurnMintERC20", "grantMintAndBurnRoles", Ref(pool))

    registry = of_chain(chain.name, "TokenAdminRegistry")
    deployer = chain.deployer.address
    yield call("propose admin", registry, "TokenAdminRegistry", "proposeAdministrator", Ref(itself), deployer)
    yield call("accept admin", registry, "TokenAdminRegistry", "acceptAdminRole", Ref(itself))
    yield call("register", registry, "TokenAdminRegistry", "setPool", Ref(itself), Ref(pool))
    price = usd_per_token(token.usd, place.decimals)
    prices = {
        "tokenPriceUpdates": [{"sourceToken": Ref(itself), "usdPerToken": price}],
        "gasPriceUpdates": [],
    }
    yield call("price", of_chain(chain.name, "FeeQuoter"), "FeeQuoter", "updatePrices", prices)
    for name in remote_chains(config, chain, token):
        remote = remote_pool(config, chain, token, name)
        yield call(f"remote pool on {name}", pool, kind, "applyChainUpdates", [], [remote])


def remote_chains(config: NetworkConfig, chain: ChainConfig, token: TokenConfig) -> tuple[str, ...]:
    """The chains this pool exchanges with: where the token is, and a lane leads to or comes from."""
    lanes = set(config.lane_names())
    return tuple(name for name in token.on if (chain.name, name) in lanes or (name, chain.name) in lanes)


def remote_pool(
    config: NetworkConfig, chain: ChainConfig, token: TokenConfig, remote: str
) -> dict[str, object]:
    """What this chain's pool knows of the pool on the remote chain."""
    place = token.on[chain.name]
    return {
        "remoteChainSelector": config.chain(remote).selector,
        "remotePoolAddresses": [Encoded(("address",), (Ref(of_pool(remote, token.symbol)),))],
        "remoteTokenAddress": Encoded(("address",), (Ref(of_token(remote, token.symbol)),)),
        "outboundRateLimiterConfig": bucket(place.outbound),
        "inboundRateLimiterConfig": bucket(place.inbound),
    }


def bucket(limit: RateLimit | None) -> dict[str, object]:
    """RateLimiter.Config."""
    if limit is None:
        return {"isEnabled": False, "capacity": 0, "rate": 0}
    return {"isEnabled": True, "capacity": limit.capacity, "rate": limit.rate}


def hand_over_registration(chain: ChainConfig, token: TokenConfig) -> Iterator[Step]:
    """The owner becomes the token's administrator in the registry."""
    if chain.owner.address == chain.deployer.address:
        return
    registry = Ref(of_chain(chain.name, "TokenAdminRegistry"))
    itself = Ref(of_token(chain.name, token.symbol))
    title, contract = f"{itself.name} registration", "TokenAdminRegistry"
    offer = (itself, owner_of(chain))
    yield Call(f"{title} offer", chain.name, registry, contract, "transferAdminRole", offer, Phase.HAND_OVER)
    yield from accepted(chain, f"{title} accept", registry.name, contract, "acceptAdminRole", itself)
