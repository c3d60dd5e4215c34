"""Deploy a network: find what is there, do what is left, read everything back, and say where it all is.

    deployment = deploy_network(config, progress=print)

Safe to interrupt and to repeat with the same journal. What comes back has been verified on every chain.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
from eth_utils.address import to_checksum_address

from ccip_py.chains.deployment import (
    ChainDeployment,
    Deployment,
    LaneDeployment,
    TokenDeployment,
    load_deployment,
    save_deployment,
)
from ccip_py.chains.evm.endpoint import Target
from ccip_py.chains.evm.keys import LOCAL_CHAIN_IDS
from ccip_py.chains.evm.rpc import Rpc
from ccip_py.chains.rpc_headers import read_headers
from ccip_py.deploy import abi, artifacts
from ccip_py.deploy.abi import encode_values
from ccip_py.deploy.apply import Found, Progress, Rpcs, apply, survey
from ccip_py.deploy.config import ChainConfig, NetworkConfig, checked
from ccip_py.deploy.existing import Replacing, found_in, with_generations
from ccip_py.deploy.expect import addresses_of
from ccip_py.deploy.journal import FileJournal, Journal, MemoryJournal
from ccip_py.deploy.lane import OFFCHAIN_CONFIG, OFFCHAIN_CONFIG_VERSION
from ccip_py.deploy.plan import Plan, plan
from ccip_py.deploy.send import PATIENCE_S
from ccip_py.deploy.steps import TIMELOCK, of_chain, of_lane, of_pool, of_token
from ccip_py.deploy.verify import Finding, findings
from ccip_py.errors import ConfigError, Refused
from ccip_py.protocol.digests import config_digest
from ccip_py.protocol.ids import Address


def _silent(_: str) -> None:
    pass


def deploy_network(
    config: NetworkConfig,
    progress: Progress = _silent,
    journal: Journal | None = None,
    *,
    known: Deployment | None = None,
) -> Deployment:
    """Bring the network into being and return it. Blocks; `deploy` is the same for async code."""

    async def run() -> Deployment:
        return await deploy(config, progress, journal, known=known)

    return anyio.run(run)


async def deploy(
    config: NetworkConfig,
    progress: Progress = _silent,
    journal: Journal | None = None,
    *,
    known: Deployment | None = None,
    replacing: Replacing | None = None,
    patience_s: float = PATIENCE_S,
) -> Deployment:
    """Bring the network into being and return it. `Refused` lists what verification did not like.

    A network that runs already is extended by what the configuration has more. What is there is read from the
    journal, or without one from `known`.
    """
    checked(config)
    journal = journal if journal is not None else MemoryJournal()
    async with connected(config) as rpcs:
        config, found = await _what_is_there(config, journal, rpcs, known, replacing)
        todo = plan(config, found.done)
        found = await apply(config, todo, found, journal, rpcs, progress, patience_s)
        deployment = deployment_of(config, found, await _counts(config, found, rpcs))
        wrong = await findings(config, deployment, rpcs)
    if wrong:
        raise Refused(not_as_wanted(wrong), code="NOT_VERIFIED")
    progress("everything read back and as wanted")
    return deployment


async def _what_is_there(
    config: NetworkConfig,
    journal: Journal,
    rpcs: Rpcs,
    known: Deployment | None,
    replacing: Replacing | None,
) -> tuple[NetworkConfig, Found]:
    """The configuration with its lanes' generations, and what of it exists."""
    if known is not None and not journal.read():
        found = found_in(config, known)
    else:
        found = await survey(config, journal, rpcs)
    return with_generations(config, found, replacing), found


async def _counts(config: NetworkConfig, found: Found, rpcs: Rpcs) -> dict[tuple[str, str], int]:
    """How often the signers of each lane were set: part of the digest that names their configuration."""
    counts = {}
    artifact = artifacts.load("CommitStore")
    for source, destination in config.lane_names():
        store = found.addresses[
            of_lane(source, destination, "CommitStore", config.generation(source, destination))
        ]
        call = {
            "to": to_checksum_address(store),
            "data": "0x" + abi.call_data(artifact, "latestConfigDetails", ()).hex(),
        }
        raw = await rpcs[destination].call("eth_call", call, "latest")
        answer = abi.result(artifact, "latestConfigDetails", 0, bytes.fromhex(raw[2:]))
        counts[source, destination] = answer["configCount"]
    return counts


def deploy_to_file(
    config: NetworkConfig,
    out: Path,
    progress: Progress = _silent,
    *,
    replacing: Replacing | None = None,
    patience_s: float = PATIENCE_S,
) -> Deployment:
    """Deploy, or extend, and write `out`; if the chains agree with it already, do nothing and say so."""

    checked(config)
    known = _written(out)
    if known is not None:
        missing = anyio.run(_without_code, config, known)
        if missing:
            _refuse_to_replace(config, out, missing)
            progress(f"{out} is of chains that are gone; deploying anew")
            known = None
        elif replacing is None and not anyio.run(plan_for, config, out).steps:
            progress(f"{out} is there, and so are its contracts: nothing to do")
            return known

    async def run() -> Deployment:
        journal = FileJournal(journal_path(out))
        return await deploy(
            config, progress, journal, known=known, replacing=replacing, patience_s=patience_s
        )

    deployment = anyio.run(run)
    save_deployment(deployment, out)
    return deployment


def _written(out: Path) -> Deployment | None:
    return load_deployment(out) if out.exists() else None


def replace_lane(
    config: NetworkConfig,
    known: Deployment,
    replacing: Replacing,
    progress: Progress = _silent,
    journal: Journal | None = None,
) -> Deployment:
    """Give one lane new contracts under the same Routers, and return the network as it is then.

    Linked, the new lane goes on from the old one: senders keep their nonces, and what is in flight can still be
    executed over the old OffRamp. Severed, it shares nothing with it, and the old one is paused and shut: for a
    source that broke its finality. Either way no message of the old lane is ever a leaf of the new one. Nodes serve
    the new lane once they are started with the deployment that is returned.
    """

    async def run() -> Deployment:
        return await deploy(config, progress, journal, known=known, replacing=replacing)

    return anyio.run(run)


async def plan_for(config: NetworkConfig, out: Path, replacing: Replacing | None = None) -> Plan:
    """What `deploy_to_file` would do, without doing it."""
    checked(config)
    known = _written(out)
    if known is not None and await _without_code(config, known):
        known = None
    async with connected(config) as rpcs:
        journal = FileJournal(journal_path(out))
        config, found = await _what_is_there(config, journal, rpcs, known, replacing)
        return plan(config, found.done)


def journal_path(out: Path) -> Path:
    """Where the journal of a deployment lies: beside its result."""
    return out.with_suffix(".journal")


async def verify_network(config: NetworkConfig, deployment: Deployment) -> tuple[Finding, ...]:
    """Everything that is not as the configuration says; empty is good."""
    async with connected(config) as rpcs:
        return await findings(config, deployment, rpcs)


def not_as_wanted(wrong: tuple[Finding, ...]) -> str:
    """All findings, a line each."""
    return "the chains do not say what the configuration does:\n" + "\n".join(f"  {one}" for one in wrong)


@asynccontextmanager
async def connected(config: NetworkConfig) -> AsyncIterator[Rpcs]:
    """A connection per chain; each refuses to talk to a chain of another id."""
    async with AsyncExitStack() as stack:
        rpcs = {}
        for chain in config.chains:
            rpcs[chain.name] = await stack.enter_async_context(
                Rpc(
                    Target(chain.rpc_url, read_headers(chain.rpc_headers)),
                    chain_id=chain.chain_id,
                    timeout=60,
                )
            )
            await rpcs[chain.name].call("eth_chainId")
        yield rpcs


def deployment_of(config: NetworkConfig, found: Found, counts: Mapping[tuple[str, str], int]) -> Deployment:
    """What was made, as the file that every tool reads."""
    chains = tuple(_chain(config, chain, found) for chain in config.chains)
    lanes = [(config.chain(source), config.chain(destination)) for source, destination in config.lane_names()]
    return Deployment(chains=chains, lanes=tuple(_lane(config, *pair, found, counts) for pair in lanes))


def _chain(config: NetworkConfig, chain: ChainConfig, found: Found) -> ChainDeployment:
    at = found.addresses
    made = [block for step, block in found.blocks.items() if step.startswith(f"{chain.name}/") and step in at]
    tokens = tuple(
        TokenDeployment(
            symbol=token.symbol,
            address=at[of_token(chain.name, token.symbol)],
            pool=at[of_pool(chain.name, token.symbol)],
            kind=token.on[chain.name].kind,
            decimals=token.on[chain.name].decimals,
        )
        for token in config.tokens
        if chain.name in token.on
    )
    return ChainDeployment(
        name=chain.name,
        chain_id=chain.chain_id,
        selector=chain.selector,
        rpc_url=chain.rpc_url,
        finality=chain.finality,
        start_block=min(made),
        router=at[of_chain(chain.name, "Router")],
        fee_quoter=at[of_chain(chain.name, "FeeQuoter")],
        rmn=at[of_chain(chain.name, "RMN")],
        rmn_proxy=at[of_chain(chain.name, "RMNProxy")],
        token_admin_registry=at[of_chain(chain.name, "TokenAdminRegistry")],
        wrapped_native=at[of_chain(chain.name, "WrappedNative")],
        link=at[of_chain(chain.name, "LINK")],
        owner=chain.owner.address if chain.timelock is None else at[of_chain(chain.name, TIMELOCK)],
        tokens=tokens,
        rpc_headers=chain.rpc_headers,
    )


def _lane(
    config: NetworkConfig,
    source: ChainConfig,
    destination: ChainConfig,
    found: Found,
    counts: Mapping[tuple[str, str], int],
) -> LaneDeployment:
    generation = config.generation(source.name, destination.name)
    previous = config.previous(source.name, destination.name)

    def name(contract: str) -> str:
        return of_lane(source.name, destination.name, contract, generation)

    def before(contract: str) -> Address | None:
        if previous is None:
            return None
        return found.addresses[of_lane(source.name, destination.name, contract, previous)]

    committers = config.committers
    commit_store = found.addresses[name("CommitStore")]
    count = counts[source.name, destination.name]
    return LaneDeployment(
        source=source.selector,
        destination=destination.selector,
        on_ramp=found.addresses[name("OnRamp")],
        commit_store=commit_store,
        off_ramp=found.addresses[name("OffRamp")],
        on_ramp_block=found.blocks[name("OnRamp")],
        off_ramp_block=found.blocks[name("CommitStore")],
        committers=committers.addresses,
        f=committers.f,
        config_digest=_digest(config, destination, found, commit_store, count),
        previous_off_ramp=before("OffRamp"),
        previous_commit_store=before("CommitStore"),
    )


def _digest(
    config: NetworkConfig, destination: ChainConfig, found: Found, commit_store: Address, count: int
) -> bytes:
    """What names the committee of a lane, the `count`th that its CommitStore was given."""
    committers = config.committers
    return config_digest(
        destination.chain_id,
        commit_store,
        count,
        committers.addresses,
        committers.addresses,
        committers.f,
        encode_values(["address"], [found.addresses[of_chain(destination.name, "FeeQuoter")]]),
        OFFCHAIN_CONFIG_VERSION,
        OFFCHAIN_CONFIG,
    )


async def _without_code(config: NetworkConfig, known: Deployment) -> list[str]:
    """The contracts of a deployment that are not there."""
    missing: list[str] = []
    if {chain.name for chain in known.chains} - {chain.name for chain in config.chains}:
        raise ConfigError(
            "the deployment has chains that the configuration does not name: a network is never shrunk",
            hint="put them back, or use another --out",
        )
    on = {name: name.split("/")[0] for name in addresses_of(known)}
    async with connected(config) as rpcs:
        for name, address in addresses_of(known).items():
            here = _place_of(name, on[name])
            if await rpcs[here].call("eth_getCode", to_checksum_address(address), "latest") == "0x":
                missing.append(name)
    return missing


def _place_of(name: str, prefix: str) -> str:
    """The chain a contract is on: of a lane, only the OnRamp is on the source."""
    source, _, destination = prefix.partition(">")
    return destination if destination and not name.endswith("/OnRamp") else source


def _refuse_to_replace(config: NetworkConfig, out: Path, missing: list[str]) -> None:
    if any(chain.chain_id not in LOCAL_CHAIN_IDS for chain in config.chains):
        raise ConfigError(
            f"{out} names contracts that are not on the chains: {', '.join(missing)}",
            hint="are the RPC URLs right? To deploy a new network, move the file and its journal away, or use --out",
        )
