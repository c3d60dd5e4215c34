"""`ccip token`: what an account holds."""

from __future__ import annotations

from typing import Annotated

import typer

from ccip_py.cli import options, terminal

Chain = Annotated[str, typer.Option("--chain", "-n", metavar="CHAIN", help="Name or selector.")]
Holder = Annotated[
    str, typer.Option("--holder", "-H", metavar="ADDRESS", help="Checksum address; default: the signer's.")
]
Token = Annotated[
    str, typer.Option("--token", "-t", metavar="TOKEN", help="Symbol or address; left out: the native coin.")
]


def token(
    chain: Chain,
    holder: Holder = "",
    token: Token = "",
    key: options.Key = "",
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006  (typer copies it)
    router: options.Router = [],  # noqa: B006
    as_json: options.Json = False,
) -> None:
    """Show a balance, in the smallest unit and in whole tokens."""
    from ccip_py.cli import connect
    from ccip_py.sdk.amounts import whole_tokens as whole
    from ccip_py.sdk.evm import as_address, read
    from ccip_py.sdk.tokens import DECIMALS

    if holder:
        connect.address(holder, "--holder")
    with connect.client(deployment, rpc, router) as ccip:
        who = holder or connect.signer(key, ccip.book, silent=True).address
        place = ccip.book.chain(chain)
        amount, decimals, address = ccip.balance(chain, who, token or None), 18, None
        if token:
            address = ccip.book.token(chain, token)
            (decimals,) = ccip.driver.run(read(place.selector, as_address(address), DECIMALS))
    document = {
        "chain": place.name,
        "holder": who,
        "token": address,
        "amount": str(amount),
        "decimals": decimals,
        "whole": whole(amount, decimals),
    }
    terminal.result(
        document, [f"{whole(amount, decimals)} {token or 'of the native coin'} ({amount})"], as_json
    )
