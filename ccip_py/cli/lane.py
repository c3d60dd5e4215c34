"""`ccip lane`: one lane, or all of them, as the chains describe them now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from ccip_py.cli import options, terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccip_py.sdk.types import LaneStatus

Source = Annotated[
    str,
    typer.Option(
        "--source",
        "-s",
        metavar="CHAIN",
        help="Chain it leads from: its name or selector. Left out: all lanes.",
    ),
]
Destination = Annotated[str, typer.Option("--dest", "-D", metavar="CHAIN", help="Chain it leads to.")]
PinsFile = Annotated[
    Optional[Path],  # noqa: UP045  (typer reads it at run time)
    typer.Option(
        "--pins", metavar="FILE", help="Write the lane's signer sets, for `ccip verify`.", show_default=False
    ),
]


def lane(
    source: Source = "",
    dest: Destination = "",
    pins: PinsFile = None,
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006  (typer copies it)
    router: options.Router = [],  # noqa: B006
    as_json: options.Json = False,
) -> None:
    """Show a lane: its contracts, whether it is open, what a message may carry.

    ccip lane -s a -D b
    """
    from ccip_py.cli import connect

    if bool(source) != bool(dest):
        raise typer.BadParameter("name both ends, or none for all lanes")
    if pins is not None and not source:
        raise typer.BadParameter("--pins is of one lane: name both ends")
    with connect.client(deployment, rpc, router) as ccip:
        if not source:
            with terminal.waiting("reading every lane at both ends"):
                found = ccip.lanes()
            terminal.result(found, _overview(found), as_json)
            return
        with terminal.waiting("reading the lane at both ends"):
            one = ccip.lane(source, dest)
        if pins is not None:
            from ccip_py.sdk.certificate_file import dump_pins

            pins.write_text(dump_pins(ccip.pins(source, dest)), encoding="utf-8")
            terminal.say(f"signer sets written to {pins}")
        terminal.result(one, _lines(one), as_json)


def state(lane: LaneStatus) -> str:
    """One word for people, or a few."""
    if not lane.in_use:
        return "replaced or closed"
    if lane.cursed_on_source or lane.cursed_on_destination:
        return "cursed"
    return "paused" if lane.paused else "open"


def _overview(lanes: tuple[LaneStatus, ...]) -> Iterator[str]:
    rows = [
        (f"{x.source} → {x.destination}", state(x), _count(x.sent), _count(x.committed), x.on_ramp)
        for x in lanes
    ]
    yield from terminal.table(rows, ("lane", "state", "sent", "committed", "on-ramp"))


def _count(number: int | None) -> str:
    return "not seen" if number is None else str(number)


def _lines(lane: LaneStatus) -> Iterator[str]:
    yield f"{lane.source} → {lane.destination}: {state(lane)}"
    yield f"selectors    {lane.source_selector} → {lane.destination_selector}"
    yield f"on-ramp      {lane.on_ramp}"
    yield f"commit store {lane.commit_store}"
    yield f"off-ramp     {lane.off_ramp}"
    yield f"sent         {_count(lane.sent)}, committed {_count(lane.committed)}"
    if lane.limits is not None:
        limits = lane.limits
        yield (
            f"a message    {limits.data_bytes:,} bytes, {limits.tokens} tokens, {limits.gas_limit:,} gas "
            f"(default {limits.default_gas_limit:,})"
        )
    for where, cursed in (
        (lane.source, lane.cursed_on_source),
        (lane.destination, lane.cursed_on_destination),
    ):
        if cursed:
            yield f"cursed       on {where}"
    for what in lane.blind:
        yield f"not seen     {what}"
