"""What of a configuration exists already, and which generation of each lane is meant. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ccip_py.chains.deployment import Deployment
from ccip_py.deploy.apply import Found, given
from ccip_py.deploy.config import SEVERED, CommitterConfig, NetworkConfig
from ccip_py.deploy.expect import addresses_of, timelocks
from ccip_py.deploy.plan import plan, wanted
from ccip_py.deploy.steps import digest, of_chain, of_lane
from ccip_py.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Replacing:
    """One lane that is to get new contracts; `severed` if it is to share nothing with the old ones."""

    source: str
    destination: str
    severed: bool = False


def found_in(config: NetworkConfig, known: Deployment) -> Found:
    """What a deployment file says exists, for when there is no journal. Verification shows whether it is true.

    What the file does not say (monitors, executors, prices) is taken to be as the configuration has it.
    """
    smaller = _only(config, known)
    found = Found(addresses={**addresses_of(known), **timelocks(config, known), **given(config)})
    found.done = {step.name: digest(step) for step in wanted(smaller)}
    for chain in known.chains:
        found.blocks[of_chain(chain.name, "RMN")] = chain.start_block
    for lane in known.lanes:
        names = known.chain(lane.source).name, known.chain(lane.destination).name
        found.blocks[of_lane(*names, "OnRamp")] = lane.on_ramp_block
        found.blocks[of_lane(*names, "CommitStore")] = lane.off_ramp_block
    return found


def _only(config: NetworkConfig, known: Deployment) -> NetworkConfig:
    """The part of a configuration that a deployment has."""
    names = {chain.selector: chain.name for chain in known.chains}
    has = {(chain.name, token.symbol) for chain in known.chains for token in chain.tokens}
    tokens = (
        replace(token, on={name: place for name, place in token.on.items() if (name, token.symbol) in has})
        for token in config.tokens
    )
    committers = [CommitterConfig(lane.committers, lane.f) for lane in known.lanes]
    return replace(
        config,
        chains=tuple(chain for chain in config.chains if chain.name in names.values()),
        lanes=tuple((names[lane.source], names[lane.destination]) for lane in known.lanes),
        tokens=tuple(token for token in tokens if token.on),
        committers=committers[0] if committers else config.committers,
    )


def with_generations(config: NetworkConfig, found: Found, replacing: Replacing | None) -> NetworkConfig:
    """The configuration with every lane's generations as they were made, and one more for a lane to be replaced.

    A replacement that was interrupted is gone on with: asking for it again does not begin another.
    """
    generations = {lane: _made(*lane, {*found.done, *found.addresses}) for lane in config.lane_names()}
    as_is = replace(config, generations=generations)
    if replacing is None:
        return as_is
    lane = replacing.source, replacing.destination
    if lane not in generations or not found.done:
        raise ConfigError(f"there is no lane from {lane[0]} to {lane[1]} to replace")
    known = generations[lane]
    prefix = f"{lane[0]}>{lane[1]}{known[-1]}"
    unfinished = len(known) > 1 and any(
        step.name.startswith((f"{prefix}/", f"{prefix} ")) for step in plan(as_is, found.done).steps
    )
    if unfinished and known[-1].endswith(SEVERED) == replacing.severed:
        return as_is
    label = f"#{len(known) + 1}" + (SEVERED if replacing.severed else "")
    return replace(config, generations={**generations, lane: (*known, label)})


def _made(source: str, destination: str, names: Iterable[str]) -> tuple[str, ...]:
    """The generations of one lane that anything was made for, the first one first."""
    pattern = re.compile(rf"{re.escape(f'{source}>{destination}')}(#([0-9]+)(?:{SEVERED})?)/")
    matches = (pattern.match(name) for name in names)
    later = {int(match[2]): match[1] for match in matches if match}
    return ("", *(later[number] for number in sorted(later)))
