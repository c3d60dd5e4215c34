"""What is wanted, minus what is there, is the plan: an ordered list of steps. Pure.

Order matters within a phase and chain only; phases keep the rest apart. A network that runs is extended: what its
configuration has more (a chain, a lane, a token, an executor) is made by the deployer, and what was handed over by
then is connected to it by the owner. Signer sets are simply set again. Every other step that was done under its name
but meant something else then is refused: that is the owner's business (`admin`), step by step.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ccip_py.deploy.chain import OWNED, connect_chain, create_chain, hand_over
from ccip_py.deploy.config import ChainConfig, NetworkConfig
from ccip_py.deploy.lane import LANE_CONTRACTS, connect_lane, create_lane, retire_lane
from ccip_py.deploy.steps import Call, Create, Phase, Step, digest, of_chain, of_lane, of_pool, of_token
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
    everything = {step.name: step for step in _wanted(config)}
    called = {step.target.name for step in everything.values() if isinstance(step, Call)}
    handed_over = {name for name in called if _is_handed_over(name, everything, done)}
    decided = (_by_whom(step, handed_over) for step in everything.values())
    steps = tuple(sorted(decided, key=lambda step: step.phase))
    other = {step.name for step in steps if step.name in done and done[step.name] != digest(step)}
    changed = [step.name for step in steps if step.name in other and not _may_be_repeated(step)]
    if changed:
        raise ConfigError(
            "the configuration has changed since these steps were done: " + ", ".join(changed),
            hint="put the configuration back, change the running network as its owner, or deploy a new one",
        )
    left = tuple(step for step in steps if step.name not in done or step.name in other)
    return Plan(left, frozenset(step.name for step in steps if step.name in done) - other)


def _may_be_repeated(step: Step) -> bool:
    return isinstance(step, Call) and step.again


def _is_handed_over(name: str, everything: Mapping[str, Step], done: Mapping[str, str]) -> bool:
    """Whether a contract is the owner's: accepted, or offered to an owner who accepts elsewhere."""
    accept, offer = f"{name} accept", f"{name} offer"
    if accept in done or accept in everything:
        return accept in done
    early = offer in everything and everything[offer].phase is not Phase.HAND_OVER
    return offer in done and not early


def _by_whom(step: Step, handed_over: Collection[str]) -> Step:
    """Settings of what is the owner's by now are the owner's to make."""
    if not isinstance(step, Call) or step.by_owner or step.phase is not Phase.CONNECT:
        return step
    if step.target.name not in handed_over or step.function in _DEPLOYERS_STILL:
        return step
    phase = Phase.ADMIT if step.function == "proposeAdministrator" else Phase.OPEN
    return replace(step, phase=phase, by_owner=True)


_DEPLOYERS_STILL = frozenset({"acceptAdminRole", "setPool", "transferAdminRole"})
"""What the registry lets a token's administrator do, who is not the registry's owner."""


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
        yield from retire_lane(config, source, destination)


def _owned(config: NetworkConfig, chain: ChainConfig) -> Iterator[tuple[str, str]]:
    """What has an owner on this chain: (step name, contract)."""
    yield from ((of_chain(chain.name, name), contract) for name, contract in OWNED.items())
    for token in config.tokens:
        if chain.name in token.on:
            yield of_pool(chain.name, token.symbol), POOL_CONTRACT[token.on[chain.name].kind]
    for source, destination in config.lane_names():
        for contract in LANE_CONTRACTS:
            if chain.name == (source if contract == "OnRamp" else destination):
                yield of_lane(source, destination, contract, config.generation(source, destination)), contract


def _tokens(config: NetworkConfig, chain: ChainConfig) -> Iterator[str]:
    """The tokens whose admin is the deployer."""
    if chain.link is None:
        yield of_chain(chain.name, "LINK")
    for token in config.tokens:
        if chain.name in token.on and token.on[chain.name].address is None:
            yield of_token(chain.name, token.symbol)
