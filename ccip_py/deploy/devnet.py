"""The network that devnets, demos and tests run: Anvil's well-known accounts in every role, one account per role.

Everybody has these keys, which is why `checked` refuses them on any chain that is not a local one.
"""

from collections.abc import Sequence

from ccip_py.deploy.config import (
    ChainConfig,
    CommitterConfig,
    FeeParams,
    MonitorConfig,
    NetworkConfig,
    RateLimit,
    TokenConfig,
    TokenOnChain,
)
from ccip_py.deploy.keys import Party, dev_address
from ccip_py.errors import ConfigError
from ccip_py.protocol.selectors import selector_of

CHAIN_NAMES = tuple("abcdefghij")
CHAIN_IDS = (
    31337,
    1337,
    2337,
    3337,
    *range(90000001, 90000007),
)  # known for tests; production has nothing there

# Indices of Anvil's mnemonic. Users come first: people expect account 0 to be free.
USERS = (0, 1, 2, 3)
DEPLOYERS = (
    4,
    5,
    6,
    *range(28, 35),
)  # one per chain, so that equal nonces don't give equal addresses on different chains
OWNER = 7
GUARDIAN = 8
FEE_AGGREGATOR = 9
COMMITTERS = (10, 11, 12, 13)
COMMITTEE = (*COMMITTERS, 35, 36, 37)  # as many as a devnet may have: the usual ones first
BLESSERS = (14, 15, 16, 17)
CURSERS = (18, 19, 20, 21)
EXECUTORS = (22, 23)
RELAYERS = (24, 25, 26, 27)  # pay for what monitors send; hold no role
ACCOUNTS = 40  # what to start Anvil with

ONE = 10**18
LIMITS = RateLimit(capacity=100_000 * ONE, rate=1_000 * ONE)
BURN_MINT, LOCK_RELEASE = "BMT", "LRT"


def devnet_config(
    rpc_urls: Sequence[str] = ("http://127.0.0.1:8545", "http://127.0.0.1:9545"),
    *,
    chains: int | None = None,
    permissionless_window: int = 3_600,
    limits: RateLimit | None = LIMITS,
    executors: int = 1,
    committers: int = len(COMMITTERS),
    fees: FeeParams | None = None,
) -> NetworkConfig:
    """Two to ten chains, every lane between them, a burn-mint and a lock-release token on each.

    `chains`, if given, must equal the number of URLs: it is there for readers. Holders are the users.
    """
    if chains not in (None, len(rpc_urls)) or not 2 <= len(rpc_urls) <= len(CHAIN_IDS):
        raise ConfigError(
            f"a devnet has two to {len(CHAIN_IDS)} chains, a URL each; got {len(rpc_urls)} URLs"
        )
    places = list(zip(CHAIN_NAMES, CHAIN_IDS, DEPLOYERS, rpc_urls, strict=False))
    return NetworkConfig(
        chains=tuple(_chain(*place) for place in places),
        committers=CommitterConfig(
            tuple(dev_address(i) for i in COMMITTEE[:committers]), f=(committers - 1) // 3
        ),
        monitors=MonitorConfig(
            bless_keys=tuple(dev_address(i) for i in BLESSERS),
            curse_keys=tuple(dev_address(i) for i in CURSERS),
            bless_threshold=3,
            curse_threshold=2,
        ),
        executors=tuple(dev_address(i) for i in EXECUTORS[:executors]),
        guardian=dev_address(GUARDIAN),
        fee_aggregator=dev_address(FEE_AGGREGATOR),
        tokens=_tokens([name for name, *_ in places], limits),
        holders=tuple(dev_address(i) for i in USERS),
        fees=fees or FeeParams(),
        permissionless_window=permissionless_window,
    )


def _chain(name: str, chain_id: int, deployer: int, rpc_url: str) -> ChainConfig:
    return ChainConfig(
        name=name,
        chain_id=chain_id,
        selector=selector_of(chain_id),
        rpc_url=rpc_url,
        deployer=_party(deployer),
        owner=_party(OWNER),
    )


def _tokens(chains: Sequence[str], limits: RateLimit | None) -> tuple[TokenConfig, ...]:
    """Lock-release on every chain, with liquidity on each, so that both directions work from the start."""
    burned = TokenOnChain("burn_mint", initial_supply=10_000 * ONE, outbound=limits, inbound=limits)
    locked = TokenOnChain(
        "lock_release",
        initial_supply=10_000 * ONE,
        liquidity=1_000_000 * ONE,
        outbound=limits,
        inbound=limits,
    )
    return (
        TokenConfig(BURN_MINT, "Burned here, minted there", ONE, dict.fromkeys(chains, burned)),
        TokenConfig(LOCK_RELEASE, "Locked here, released there", 2 * ONE, dict.fromkeys(chains, locked)),
    )


def _party(index: int) -> Party:
    return Party(dev_address(index), f"anvil:{index}")
