"""`ccip get-supported-tokens`: what travels on a lane, and how much of it now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ccip_py.cli import options, terminal
from ccip_py.cli.durations import duration

if TYPE_CHECKING:
    from ccip_py.sdk.types import Bucket, TokenOnLane

Source = Annotated[str, typer.Option("--source", "-s", metavar="CHAIN", help="Chain to send from.")]
Destination = Annotated[str, typer.Option("--dest", "-D", metavar="CHAIN", help="Chain to send to.")]


def get_supported_tokens(
    source: Source,
    dest: Destination,
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006  (typer copies it)
    router: options.Router = [],  # noqa: B006
    as_json: options.Json = False,
) -> None:
    """List the tokens of a lane: pools, remote tokens, and limits as of now."""
    from ccip_py.cli import connect

    with connect.client(deployment, rpc, router) as ccip:
        found = ccip.tokens(source, dest)
    lines = [line for token in found for line in _lines(token)] or ["no token travels on this lane"]
    terminal.result([_document(token) for token in found], lines, as_json)


def _lines(token: TokenOnLane) -> list[str]:
    arrivals = token.remote_decimals if token.remote_decimals is not None else token.decimals
    return [
        f"{terminal.paint(token.symbol, 'bold')}  {token.token}  {token.decimals} decimals",
        f"  pool     {token.pool}  {token.pool_type}",
        f"  remote   {token.remote_token}  pool {token.remote_pool or 'not seen'}",
        f"  leaving  {_bucket(token.outbound, token.decimals)}",
        f"  arriving {_bucket(token.remote_inbound, arrivals)}",
    ]


def _bucket(bucket: Bucket | None, decimals: int) -> str:
    from ccip_py.sdk.amounts import whole_tokens as whole

    if bucket is None:
        return "not seen"
    if not bucket.is_enabled:
        return "unlimited"
    level = f"{whole(bucket.tokens, decimals)} of {whole(bucket.capacity, decimals)}"
    full = bucket.seconds_to_full
    when = "never full" if full is None else ("full" if full == 0 else f"full in {duration(full)}")
    return f"{level}, {whole(bucket.rate, decimals)} a second, {when}"


def _document(token: TokenOnLane) -> dict[str, object]:
    document: dict[str, object] = terminal.plain(token)
    for name in ("outbound", "inbound", "remote_inbound"):
        bucket = getattr(token, name)
        if bucket is not None:
            document[name] = {
                "is_enabled": bucket.is_enabled,
                "tokens": str(bucket.tokens),
                "capacity": str(bucket.capacity),
                "rate": str(bucket.rate),
                "seconds_to_full": bucket.seconds_to_full,
            }
    return document
