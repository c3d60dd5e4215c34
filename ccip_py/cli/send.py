"""`ccip send`: quote, check, sign, and follow a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ccip_py.cli import options, terminal

if TYPE_CHECKING:
    from ccip_py.cli.connect import Announcing
    from ccip_py.cli.pending import Pending
    from ccip_py.protocol.lane import Lane
    from ccip_py.sdk.book import ChainRef
    from ccip_py.sdk.client import Ccip
    from ccip_py.sdk.flows import MessageOptions
    from ccip_py.sdk.types import Fee, Obstacle, SentMessage

Source = Annotated[
    str, typer.Option("--source", "-s", metavar="CHAIN", help="Chain to send from: its name or selector.")
]
Destination = Annotated[str, typer.Option("--dest", "-D", metavar="CHAIN", help="Chain to send to.")]
To = Annotated[str, typer.Option("--to", metavar="ADDRESS", help="The receiver, as a checksum address.")]
Data = Annotated[str, typer.Option(help="Text, or 0x… for bytes.", metavar="TEXT")]
Tokens = Annotated[
    list[str],
    typer.Option("--token", "-t", help="In whole tokens: BMT=1.5. May be repeated.", metavar="TOKEN=AMOUNT"),
]
FeeToken = Annotated[str, typer.Option(metavar="TOKEN", help="Symbol or address; left out: the native coin.")]
GasLimit = Annotated[
    int,
    typer.Option(
        "--gas-limit",
        "-L",
        metavar="GAS",
        help="Gas for the receiver; -1: measured, and a tenth more.",
        min=-1,
    ),
]
OutOfOrder = Annotated[bool, typer.Option("--ooo", help="Do not wait for this sender's earlier messages.")]
ApproveMax = Annotated[bool, typer.Option("--approve-max", help="Approve the Router once and for all.")]
OnlyFee = Annotated[bool, typer.Option("--only-get-fee", help="Say what it would cost, and stop.")]
OnlyEstimate = Annotated[
    bool, typer.Option("--only-estimate", help="Say the gas its receiver needs, and stop.")
]
Force = Annotated[bool, typer.Option("--force", help="Send even what would get stuck or fail over there.")]
Again = Annotated[
    bool, typer.Option("--again", help="Send another message, also if this command was interrupted before.")
]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it until it is executed.")]


def send(
    source: Source,
    dest: Destination,
    to: To,
    data: Data = "",
    token: Tokens = [],  # noqa: B006  (typer copies it)
    fee_token: FeeToken = "",
    gas_limit: GasLimit = -1,
    ooo: OutOfOrder = False,
    approve_max: ApproveMax = False,
    only_get_fee: OnlyFee = False,
    only_estimate: OnlyEstimate = False,
    force: Force = False,
    again: Again = False,
    wait: Wait = False,
    key: options.Key = "",
    timeout: options.Timeout = 120,
    deployment: options.Deployment = None,
    rpc: options.Rpc = [],  # noqa: B006
    router: options.Router = [],  # noqa: B006
    as_json: options.Json = False,
) -> None:
    """Send a message, tokens, or both.

    ccip send -s a -D b --to 0x… --data hello --token BMT=1.5 --wait
    """
    from ccip_py.cli import connect
    from ccip_py.cli.pending import Pending

    receiver = connect.address(to, "--to")
    message = _message(data, token, fee_token, ooo, approve_max)
    with connect.client(deployment, rpc, router) as ccip:
        lane = ccip.book.lane(source, dest)
        signer = connect.signer(key, ccip.book)
        once = Pending.of(signer.address, lane, receiver, sorted(message.items()), gas_limit)
        message["gas_limit"] = _gas(ccip, lane, receiver, signer.address, message, gas_limit)
        if only_estimate or only_get_fee:
            _say_only(ccip, lane, receiver, message, only_estimate, as_json)
            return
        sent = None if again else once.earlier(ccip, source, timeout)
        sent = sent or _send_once(ccip, lane, receiver, signer, once, message, force, timeout)
        _report(ccip, sent, wait, timeout, as_json, signer)
        once.forget()
        _fail_if_failed(ccip, sent, wait)


def _gas(ccip: Ccip, lane: Lane, receiver: str, sender: str, message: MessageOptions, gas_limit: int) -> int:
    """As told, or as measured."""
    if gas_limit >= 0:
        return gas_limit
    found = ccip.estimate_receiver_gas(lane.source, lane.destination, receiver, sender=sender, **message)
    terminal.say(f"gas limit {found:,}, as measured (--gas-limit sets it)")
    return found


def _say_only(
    ccip: Ccip, lane: Lane, receiver: str, message: MessageOptions, estimate: bool, as_json: bool
) -> None:
    """What it would need, or cost; nothing is sent."""
    if estimate:
        gas = message["gas_limit"]
        terminal.result({"gas_limit": gas}, [str(gas)], as_json)
        return
    fee = ccip.get_fee(lane.source, lane.destination, receiver, **message)
    terminal.result(_fee(fee), [_fee_line(ccip, lane.source, fee)], as_json)


def _send_once(
    ccip: Ccip,
    lane: Lane,
    receiver: str,
    signer: Announcing,
    once: Pending,
    message: MessageOptions,
    force: bool,
    timeout: float,
) -> SentMessage:
    """Look, then send, after writing down what goes to the Router: typed again, the command goes on from there."""
    sender = signer.address
    found = ccip.preflight(lane.source, lane.destination, receiver, sender=sender, **message)
    _stop_or_warn(found, force)
    signer.before_sending = once.writer(ccip.book.router(lane.source))
    wait = terminal.waiting(f"waiting until {ccip.book.name(lane.source)} has it in a block")
    with once.forgotten_if_refused(), wait:
        return ccip.send(lane.source, lane.destination, receiver, signer=signer, timeout=timeout, **message)


def _message(data: str, token: list[str], fee_token: str, ooo: bool, approve_max: bool) -> MessageOptions:
    """What is said of the message, as the client takes it."""
    return {
        "data": _bytes(data),
        "tokens": [_token(text) for text in token],
        "fee_token": fee_token or None,
        "out_of_order": ooo,
        "approve_unlimited": approve_max,
        "gas_limit": 0,
    }


def _bytes(text: str) -> bytes:
    if not text.startswith("0x"):
        return text.encode()
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        raise typer.BadParameter(f"not hexadecimal: {text}", param_hint="--data") from None


def _token(text: str) -> tuple[str, str]:
    name, equals, amount = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"want TOKEN=AMOUNT, got {text}", param_hint="--token")
    return name, amount


def _stop_or_warn(found: tuple[Obstacle, ...], force: bool) -> None:
    """BadInput for what the source refuses, and for the rest unless it is forced. Nothing was signed by then."""
    from ccip_py.errors import Refused

    if not found:
        return
    for obstacle in found[1:]:
        terminal.say(f"also: {obstacle.message}" + (f"; {obstacle.hint}" if obstacle.hint else ""))
    first = found[0]
    if first.on_source:
        raise Refused(f"{first.message}; nothing was signed", code=first.code, hint=first.hint)
    if not force:
        raise Refused(
            f"{first.message}; nothing was signed",
            code=first.code,
            hint=f"{first.hint}; --force sends it all the same",
        )
    terminal.say(f"forced: {first.message}")


def _report(
    ccip: Ccip, sent: SentMessage, wait: bool, timeout: float, as_json: bool, signer: Announcing
) -> None:
    from ccip_py.cli import follow, message_view

    if not as_json:
        terminal.result(None, message_view.message_lines(ccip.book, sent), False)
    stages = follow.stages(ccip, sent, timeout, as_json) if wait else []
    document = {**message_view.message_document(ccip.book, sent), "signer": signer.address}
    if wait:
        document["stages"] = [message_view.stage_document(ccip.book, stage) for stage in stages]
    terminal.result(document, [], as_json)
    if not wait:
        terminal.say(f"follow it with: ccip show {sent.transaction.hash.to_0x_hex()} --wait")


def _fail_if_failed(ccip: Ccip, sent: SentMessage, waited: bool) -> None:
    if waited and ccip.look(sent).stage.value == "failed":
        again = f"ccip manual-exec {sent.message_id.to_0x_hex()}"
        terminal.say(f"it FAILED over there; to try again: {again} (--gas-limit gives it more gas)")
        raise typer.Exit(1)


def _fee(fee: Fee) -> dict[str, Any]:
    return {"amount": str(fee.amount), "token": fee.token, "native": fee.native}


def _fee_line(ccip: Ccip, source: ChainRef, fee: Fee) -> str:
    from ccip_py.sdk.evm import as_address

    chain = ccip.book.chain(source)
    unit = (
        "wei of the native coin"
        if fee.native
        else f"of {ccip.book.symbol(chain.selector, as_address(fee.token))}"
    )
    return f"{fee.amount} {unit}"
