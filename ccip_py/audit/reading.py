"""From chains to a history: every log of ours from the start on, and what the contracts answer at the head.

The heads are fixed first and what is final is asked after that, so a message that was final when it was committed is
final here. If a head is reorganised away meanwhile, all is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from ccip_py.audit.decode import read_event
from ccip_py.audit.deployment import Site
from ccip_py.audit.events import Event, FeesChanged, OffRampAdded, OnRampSet, Place, PoolSet, RmnSet
from ccip_py.audit.history import Chain, History, Lane, State
from ccip_py.audit.rpc import Endpoint, EndpointError
from ccip_py.audit.state import read_state
from ccip_py.audit.words import WORD, address, number, signature

READINGS = 5  # how often a moving chain is read again
_STATIC_CONFIG = signature("getStaticConfig()")[:4]
_LOCK_BOX = signature("lockBox()")[:4]

Json = dict[str, Any]


class ChainMoved(Exception):
    """The chain was reorganised while it was read, again and again."""


@dataclass(frozen=True, slots=True)
class _Pin:
    """The head that everything is read at."""

    number: int
    hash: str
    time: int
    final: int


def read_history(sites: Sequence[Site]) -> History:
    """Everything up to the present heads. Raises EndpointError, Unreadable or ChainMoved."""
    with ExitStack() as stack:
        endpoints = {site.selector: stack.enter_context(Endpoint(site.rpc_url)) for site in sites}
        for _ in range(READINGS):
            pins = _pin(sites, endpoints)
            try:
                history = _read(sites, endpoints, pins)
            except EndpointError:
                if _unmoved(endpoints, pins):
                    raise
                continue
            if _unmoved(endpoints, pins):
                return history
    raise ChainMoved(f"the chains were reorganised during each of {READINGS} readings")


def _pin(sites: Sequence[Site], endpoints: dict[int, Endpoint]) -> dict[int, _Pin]:
    heads = {
        selector: endpoint.ask("eth_getBlockByNumber", "latest", False)
        for selector, endpoint in endpoints.items()
    }
    pins: dict[int, _Pin] = {}
    for site in sites:
        endpoint, head = endpoints[site.selector], heads[site.selector]
        if (stated := int(endpoint.ask("eth_chainId"), 16)) != site.chain_id:
            raise EndpointError(f"{endpoint.url} is chain {stated}, not {site.chain_id} ({site.name})")
        tag = site.finality if isinstance(site.finality, str) else "latest"
        final = int(endpoint.ask("eth_getBlockByNumber", tag, False)["number"], 16)
        depth = 0 if isinstance(site.finality, str) else site.finality
        pins[site.selector] = _Pin(
            int(head["number"], 16), head["hash"], int(head["timestamp"], 16), max(0, final - depth)
        )
    return pins


def _unmoved(endpoints: dict[int, Endpoint], pins: dict[int, _Pin]) -> bool:
    for selector, pin in pins.items():
        block = endpoints[selector].ask("eth_getBlockByNumber", hex(pin.number), False)
        if block is None or block["hash"] != pin.hash:
            return False
    return True


def _read(sites: Sequence[Site], endpoints: dict[int, Endpoint], pins: dict[int, _Pin]) -> History:
    routes = {
        site.selector: _events(
            site, endpoints[site.selector], pins[site.selector], [site.router, site.registry, site.rmn_proxy]
        )
        for site in sites
    }
    lanes = [
        lane
        for site in sites
        for lane in _lanes(site, endpoints[site.selector], pins[site.selector], routes[site.selector])
    ]
    chains = {
        site.selector: _chain(
            site, endpoints[site.selector], pins[site.selector], routes[site.selector], lanes
        )
        for site in sites
    }
    for site in sites:
        read_state(endpoints[site.selector], chains[site.selector], chains, lanes)
    return History(chains, tuple(lanes))


def _lanes(site: Site, endpoint: Endpoint, pin: _Pin, routes: Sequence[Event]) -> list[Lane]:
    """A lane for every OffRamp that the Router ever knew, also of lanes that were replaced."""
    off_ramps = list(dict.fromkeys(e.off_ramp for e in routes if isinstance(e, OffRampAdded)))
    answers = endpoint.view([(off_ramp, _STATIC_CONFIG) for off_ramp in off_ramps], pin.number)
    lanes: list[Lane] = []
    for off_ramp, answer in zip(off_ramps, answers, strict=True):
        if answer is None:
            raise EndpointError(f"OffRamp 0x{off_ramp.hex()} on {site.name} does not say which lane it ends")
        lanes.append(
            Lane(
                source=number(answer, 64),
                destination=number(answer, 32),
                on_ramp=address(answer, 96),
                commit_store=address(answer, 0),
                off_ramp=off_ramp,
                previous_off_ramp=address(answer, 128),
            )
        )
    return lanes


def _chain(
    site: Site, endpoint: Endpoint, pin: _Pin, routes: Sequence[Event], lanes: Sequence[Lane]
) -> Chain:
    on_ramps = dict.fromkeys(e.on_ramp for e in routes if isinstance(e, OnRampSet) and any(e.on_ramp))
    pools = dict(site.pools)
    pools |= {
        e.pool: e.token for e in routes if isinstance(e, PoolSet) and e.token in site.tokens and any(e.pool)
    }
    boxes = _boxes(endpoint, pin, list(pools))
    here = {lane.on_ramp for lane in lanes if lane.source == site.selector}
    for lane in lanes:
        if lane.destination == site.selector:
            here |= {lane.off_ramp, lane.commit_store}
    rmns = {e.rmn for e in routes if isinstance(e, RmnSet)} | {site.rmn}
    listened = here | rmns | pools.keys() | site.tokens.keys() | site.fee_tokens | on_ramps.keys()
    listened |= {site.router, site.registry, site.rmn_proxy, site.fee_quoter, *boxes.values()}
    return Chain(
        name=site.name,
        selector=site.selector,
        head=pin.number,
        head_time=pin.time,
        final=pin.final,
        router=site.router,
        rmn=site.rmn,
        rmn_proxy=site.rmn_proxy,
        fee_quoter=site.fee_quoter,
        on_ramps=tuple(on_ramps),
        tokens=site.tokens,
        fee_tokens=site.fee_tokens,
        pools=pools,
        events=tuple(_events(site, endpoint, pin, sorted(listened))),
        state=State(),
        boxes=boxes,
        first=site.start_block,
    )


def _boxes(endpoint: Endpoint, pin: _Pin, pools: Sequence[bytes]) -> dict[bytes, bytes]:
    """The pools that keep what they lock in a box of its own, and the box. Other pools have no such function."""
    answers = endpoint.view([(pool, _LOCK_BOX) for pool in pools], pin.number)
    stated = zip(pools, answers, strict=True)
    return {pool: address(answer, 0) for pool, answer in stated if answer and len(answer) == WORD}


def _events(site: Site, endpoint: Endpoint, pin: _Pin, addresses: Sequence[bytes]) -> list[Event]:
    logs = endpoint.logs(addresses, site.start_block, pin.number)
    times = _times(endpoint, logs)
    events: list[Event] = []
    for log in logs:
        place = _place(site, log, times)
        event = read_event(
            place, [bytes.fromhex(t[2:]) for t in log["topics"]], bytes.fromhex(log["data"][2:])
        )
        if event is None and place.by == site.fee_quoter:
            event = FeesChanged(place)
        if event is not None:
            events.append(event)
    return sorted(events, key=lambda event: event.at.order)


def _times(endpoint: Endpoint, logs: Sequence[Json]) -> dict[str, int]:
    """Block times: in the logs where the node puts them there, else from the headers."""
    without = sorted({log["blockNumber"] for log in logs if not log.get("blockTimestamp")})
    headers = endpoint.batch([("eth_getBlockByNumber", [block, False]) for block in without])
    times = {log["blockNumber"]: int(log["blockTimestamp"], 16) for log in logs if log.get("blockTimestamp")}
    return times | {
        block: int(header["timestamp"], 16) for block, header in zip(without, headers, strict=True)
    }


def _place(site: Site, log: Json, times: dict[str, int]) -> Place:
    return Place(
        chain=site.selector,
        block=int(log["blockNumber"], 16),
        tx=int(log["transactionIndex"], 16),
        log=int(log["logIndex"], 16),
        hash=log["transactionHash"],
        time=times[log["blockNumber"]],
        by=bytes.fromhex(log["address"][2:]),
    )
