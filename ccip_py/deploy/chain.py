"""The steps that set up one chain: the contracts that all its lanes share, their settings, and the handover.

The deployer owns what it creates until everything is connected; then it offers all of it to the owner, who
accepts. If they are the same key, there is nothing to hand over. With a delay for the owner, a timelock of the owner's
takes its place: it accepts what is offered to it whoever asks it to.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ccip_py.deploy.config import ChainConfig, NetworkConfig
from ccip_py.deploy.steps import TIMELOCK, Call, Create, Phase, Ref, Step, of_chain
from ccip_py.protocol.ids import Address
from ccip_py.protocol.keccak import keccak

TOKEN_ROLES = ("MINTER_ROLE", "BURNER_ROLE")
LINK_NAME = "ChainLink Token"

# What the deployer owns at first, by the name of its step. RegistryModuleOwner has no owner.
OWNED = {
    "RMN": "RMN",
    "RMNProxy": "RMNProxy",
    "TokenAdminRegistry": "TokenAdminRegistry",
    "Router": "Router",
    "FeeQuoter": "FeeQuoter",
}


def owner_of(chain: ChainConfig) -> Address | Ref:
    """Who owns the contracts in the end: the owner's key, or the timelock that its decisions wait in."""
    return chain.owner.address if chain.timelock is None else Ref(of_chain(chain.name, TIMELOCK))


def create_chain(config: NetworkConfig, chain: ChainConfig) -> Iterator[Step]:
    """The contracts, each after those it is constructed with."""

    def ref(contract: str) -> Ref:
        return Ref(of_chain(chain.name, contract))

    def create(contract: str, *arguments: object, name: str = "") -> Create:
        return Create(of_chain(chain.name, name or contract), chain.name, contract, arguments)

    if chain.timelock is not None:
        yield create(TIMELOCK, chain.timelock, [chain.owner.address], [chain.owner.address])
    yield create("RMN", config.guardian)
    yield create("RMNProxy", ref("RMN"))
    yield create("TokenAdminRegistry")
    yield create("RegistryModuleOwner", ref("TokenAdminRegistry"))
    if chain.wrapped_native is None:
        yield create("WrappedNative")
    if chain.link is None:
        yield create("BurnMintERC20", LINK_NAME, "LINK", 18, name="LINK")
    yield create("Router", ref("WrappedNative"), ref("RMNProxy"))
    static = {
        "maxFeeJuelsPerMsg": config.fees.max_fee_juels,
        "linkToken": ref("LINK"),
        "tokenPriceStalenessThreshold": config.fees.token_price_staleness,
    }
    yield create("FeeQuoter", static)


def connect_chain(config: NetworkConfig, chain: ChainConfig) -> Iterator[Step]:
    """The settings of those contracts, and the first prices: quotes work from the first block on."""

    def call(contract: str, function: str, *arguments: object) -> Call:
        name = of_chain(chain.name, f"{contract}.{function}")
        return Call(name, chain.name, Ref(of_chain(chain.name, contract)), contract, function, arguments)

    monitors = [
        {"blessKey": bless, "curseKey": curse}
        for bless, curse in zip(config.monitors.bless_keys, config.monitors.curse_keys, strict=True)
    ]
    thresholds = config.monitors.bless_threshold, config.monitors.curse_threshold
    yield replace(call("RMN", "setMonitors", monitors, *thresholds), again=True)
    yield call("TokenAdminRegistry", "addRegistryModule", Ref(of_chain(chain.name, "RegistryModuleOwner")))
    yield call("FeeQuoter", "updatePrices", first_prices(chain))
    if chain.link is None and config.holders and config.holder_link:
        yield from mint(
            chain, of_chain(chain.name, "LINK"), [(holder, config.holder_link) for holder in config.holders]
        )


def first_prices(chain: ChainConfig) -> dict[str, object]:
    """Prices of this chain's fee tokens. Those of other tokens, and of gas elsewhere, come with tokens and lanes."""
    prices = [
        (Ref(of_chain(chain.name, "LINK")), chain.link_usd),
        (Ref(of_chain(chain.name, "WrappedNative")), chain.native_usd),
    ]
    tokens = [{"sourceToken": token, "usdPerToken": usd} for token, usd in prices]
    return {"tokenPriceUpdates": tokens, "gasPriceUpdates": []}


def mint(chain: ChainConfig, token: str, amounts: Iterable[tuple[object, int]]) -> Iterator[Step]:
    """Mint as the token's first admin, who holds the roles for it only in between."""

    def call(name: str, function: str, *arguments: object) -> Call:
        return Call(f"{token} {name}", chain.name, Ref(token), "BurnMintERC20", function, arguments)

    yield call("take the minting role", "grantMintAndBurnRoles", chain.deployer.address)
    for index, (account, amount) in enumerate(amounts):
        yield call(f"mint {index}", "mint", account, amount)
    for role in TOKEN_ROLES:
        yield call(f"give {role} back", "renounceRole", role_id(role), chain.deployer.address)


def role_id(role: str) -> bytes:
    """How AccessControl knows a role."""
    return keccak(role.encode())


def hand_over(
    chain: ChainConfig, contracts: Iterable[tuple[str, str]], tokens: Iterable[str]
) -> Iterator[Step]:
    """Offer contracts (step name, contract) and the tokens' admin role to the owner, and accept as the owner."""
    if chain.owner.address == chain.deployer.address:
        return
    for name, contract in contracts:
        offered = Call(
            f"{name} offer",
            chain.name,
            Ref(name),
            contract,
            "transferOwnership",
            (owner_of(chain),),
            Phase.HAND_OVER,
        )
        yield offered
        yield from accepted(chain, f"{name} accept", name, contract, "acceptOwnership")
    for token in tokens:
        yield from _hand_over_token(chain, token)


def _hand_over_token(chain: ChainConfig, token: str) -> Iterator[Step]:
    """The offer comes early, because it can only be accepted in a later second; it takes nothing from the deployer."""
    offer = f"{token} offer"
    to = (owner_of(chain),)
    yield Call(offer, chain.name, Ref(token), "BurnMintERC20", "beginDefaultAdminTransfer", to)
    accept = f"{token} accept"
    yield from accepted(chain, accept, token, "BurnMintERC20", "acceptDefaultAdminTransfer", later_than=offer)


def accepted(
    chain: ChainConfig,
    name: str,
    target: str,
    contract: str,
    function: str,
    *arguments: object,
    later_than: str = "",
) -> Iterator[Step]:
    """What the owner accepts: by its key, if it is here, or by its timelock, which has a function of the same name."""
    if chain.timelock is not None:
        timelock = Ref(of_chain(chain.name, TIMELOCK))
        what = (Ref(target), *arguments)
        yield Call(name, chain.name, timelock, TIMELOCK, function, what, Phase.ACCEPT, later_than=later_than)
    elif chain.owner.reference:
        yield Call(
            name,
            chain.name,
            Ref(target),
            contract,
            function,
            arguments,
            Phase.ACCEPT,
            by_owner=True,
            later_than=later_than,
        )
