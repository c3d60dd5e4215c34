"""What is wanted, minus what is there, is the plan: an ordered list of steps. Pure.

Order matters within a phase and chain only; phases keep the rest apart. A step that was done under its name but
meant something else then is refused: changing a network that runs is the owner's business (`admin`), step by step,
and not something that a second run of the deployment should do by itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ccip_py.deploy.chain import OWNED, connect_chain, create_chain, hand_over
from ccip_py.deploy.config import ChainConfig, NetworkConfig
from ccip_py.deploy.lane import LANE_CONTRACTS, connect_lane, create_lane
from ccip_py.deploy.steps import Create, Phase, Step, digest, of_chain, of_lane, of_pool, of_token
from ccip_py.deploy.token import POOL_CONTRACT, connect_token, create_token, hand_over_registration
from ccip_py.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps still to do, in order, and the names of those that are done."""

    steps: tuple[Step, ...]
    done: frozenset[str]

    def of(self, phase: Phase, chain: str) -> tuple[Step, ...]:
        """What one chain has to do in one phase."""
        return tuple(step for step in self.steps if step.phase is phase and step.chain == chain)


def wanted(config: NetworkConfig) -> tuple[Step, ...]:
    """Every step from nothing to the network, phase by phase."""
    return tuple(sorted(_wanted(config), key=lambda step: step.phase))  # stable: order within a phase stays


def plan(config: NetworkConfig, done: Mapping[str, str]) -> Plan:
    """What is left, given the digests of the steps that have succeeded, by name."""
    steps = wanted(config)
    changed = [step.name for step in steps if step.name in done and done[step.name] != digest(step)]
    if changed:
        raise ConfigError(
            "the configuration has changed since these steps were done: " + ", ".join(changed),
            hint="put the configuration back, change the running network as its owner, or deploy a new one",
        )
    left = tuple(step for step in steps if step.name not in done)
    return Plan(left, frozenset(step.name for step in steps if step.name in done))


def describe(steps: Iterable[Step]) -> Iterator[str]:
    """The plan for people: a line per step."""
    for step in steps:
        who = "owner" if step.by_owner else "deployer"
        what = f"create {step.contract}" if isinstance(step, Create) else f"{step.contract}.{step.function}"
        yield f"{step.phase.name.lower().replace('_', ' '):10} {step.chain:8} {who:9} {what:46} {step.name}"


def summary(todo: Plan) -> Iterator[str]:
    """The plan in a few lines: how much of what, and where."""
    if not todo.steps:
        yield "nothing to do"
        return
    for chain in dict.fromkeys(step.chain for step in todo.steps):
        steps = [step for step in todo.steps if step.chain == chain]
        made = [step.contract for step in steps if isinstance(step, Create)]
        what = f"{len(steps)} transactions, {len(made)} of them create contracts"
        yield f"{chain}: {what}" + (f" ({', '.join(dict.fromkeys(made))})" if made else "")
    if todo.done:
        yield f"{len(todo.done)} steps are done already"


def _wanted(config: NetworkConfig) -> Iterator[Step]:
    lanes = [(config.chain(source), config.chain(destination)) for source, destination in config.lane_names()]
    for chain in config.chains:
        yield from hand_over(chain, _owned(config, chain), _tokens(config, chain))
        yield from create_chain(config, chain)
        yield from connect_chain(config, chain)
        for token in config.tokens:
            if chain.name in token.on:
                yield from create_token(chain, token)
                yield from connect_token(config, chain, token)
                yield from hand_over_registration(chain, token)
    for source, destination in lanes:
        yield from create_lane(config, source, destination)
        yield from connect_lane(config, source, destination)


def _owned(config: NetworkConfig, chain: ChainConfig) -> Iterator[tuple[str, str]]:
    """What has an owner on this chain: (step name, contract)."""
    yield from ((of_chain(chain.name, name), contract) for name, contract in OWNED.items())
    for token in config.tokens:
        if chain.name in token.on:
            yield of_pool(chain.name, token.symbol), POOL_CONTRACT[token.on[chain.name].kind]
    for source, destination in config.lane_names():
        for contract in LANE_CONTRACTS:
            if chain.name == (source if contract == "OnRamp" else destination):
                yield of_lane(source, destination, contract), contract


def _tokens(config: NetworkConfig, chain: ChainConfig) -> Iterator[str]:
    """The tokens whose admin is the deployer."""
    if chain.link is None:
        yield of_chain(chain.name, "LINK")
    yield from (of_token(chain.name, token.symbol) for token in config.tokens if chain.name in token.on)
