"""`ccip manual-exec`: finish a message by hand, or all that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccip_py.cli import options, terminal

if TYPE_CHECKING:
    from ccip_py.sdk.client import Ccip
    from ccip_py.sdk.types import SentMessage

Reference = Annotated[str, typer.Argument(help="A transaction that sent messages, or a message id.")]
AllFailed = Annotated[bool, typer.Option("--all-failed", help="Every message whose last attempt failed.")]
GasLimit = Annotated[
    int,
    typer.Option(
        "--gas-limit",
        "-L",
        metavar="GAS",
        help="Gas for the receiver instead of what its sender chose.",
        min=0,
    ),
]
TokenGas = Annotated[
    list[int], typer.Option("--tokens-gas-limit", metavar="GAS", help="Gas for each token, in order.")
]
Source = Annotated[
    str, typer.Option("--source", "-s", metavar="CHAIN", help="With --all-failed: only from this chain.")
]
Destination = Annotated[
    str, typer.Option("--dest", "-D", metavar="CHAIN", help="With --all-failed: only to this chain.")
]


def manual_exec(
    reference: Reference = "",
    all_failed: AllFailed = False,
    log_index: options.LogIndex = -1,
    gas_limit: GasLimit = 0,
    tokens_gas_limit: TokenGas = [],  # noqa: B006  (typer copies it)
    source: Source = "",
    dest: Destination = "",
    key: options.Key = "",
    timeout: options.Timeout = 60,
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006
    router: options.Router = [],  # noqa: B006
    as_json: options.Json = False,
) -> None:
    """Execute a message by hand, with the proof that anyone can make.

    Anyone may, once it FAILED or the lane's window for its own executors is over.
    """
    from ccip_py.cli import connect

    if bool(reference) == all_failed:
        raise typer.BadParameter("name a message, or pass --all-failed")
    with connect.client(deployment, rpc, router) as ccip:
        if all_failed:
            with terminal.waiting("looking for messages that failed"):
                found = _failed(ccip, source, dest)
        else:
            found = [connect.one_message(ccip, reference, log_index)]
        if not found:
            terminal.result([], ["no message is FAILED"], as_json)
            return
        signer = connect.signer(key, ccip.book)
        how = {"gas_limit": gas_limit, "token_gas": tokens_gas_limit, "timeout": timeout}
        outcomes = [_execute(ccip, sent, signer, how, all_failed) for sent in found]
    lines = [
        f"{o['stage'].upper():9} {o['message_id']} {o['transaction']} {o['reason']}".rstrip()
        for o in outcomes
    ]
    terminal.result(outcomes if all_failed else outcomes[0], lines, as_json)
    if any(outcome["stage"] != "executed" for outcome in outcomes):
        raise typer.Exit(1)


def _failed(ccip: Ccip, source: str, dest: str) -> list[SentMessage]:
    lanes = [(ccip.book.name(x.lane.source), ccip.book.name(x.lane.destination)) for x in ccip.book.lanes]
    if source:
        lanes = [lane for lane in lanes if lane[0] == ccip.book.chain(source).name]
    if dest:
        lanes = [lane for lane in lanes if lane[1] == ccip.book.chain(dest).name]
    return [sent for lane in lanes for sent in ccip.failed(*lane)]


def _execute(ccip: Ccip, sent: SentMessage, signer: Any, how: dict[str, Any], go_on: bool) -> dict[str, str]:
    """What became of it. The transaction may succeed and the receiver fail again; with `go_on`, refusals are told too."""
    from ccip_py.errors import CcipError

    shown = {"message_id": sent.message_id.to_0x_hex(), "transaction": "", "reason": ""}
    try:
        with terminal.waiting(f"proving and executing {sent.message_id.to_0x_hex()}"):
            done = ccip.manually_execute(sent, signer=signer, **how)
    except CcipError as refused:
        if not go_on:
            raise
        return {**shown, "stage": "refused", "reason": f"[{refused.code}] {refused}"}
    last = ccip.look(sent).stages()[-1]
    return {
        **shown,
        "stage": last.stage.value,
        "transaction": done.hash.to_0x_hex(),
        "reason": last.reason if last.stage.value == "failed" else "",
    }
