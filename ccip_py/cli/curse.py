"""`ccip curse` and `ccip uncurse`: stop a remote chain on a chain, see what is stopped, and lift it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ccip_py.cli import options, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccip_py.chains.deployment import ChainDeployment, Deployment
    from ccip_py.deploy.admin import Console, Done

Subject = Annotated[str, typer.Argument(help="The remote chain to stop, `global` for everything, or `show`.")]
Lifted = Annotated[str, typer.Argument(help="The remote chain, or `global`.")]
On = Annotated[
    str, typer.Option("--on", "-n", metavar="CHAIN", help="The chain where it is stopped; left out: on all.")
]
Monitors = Annotated[
    list[str] | None,
    typer.Option("--monitor", metavar="URL", help="With `show`: the URL of a monitor that has the evidence."),
]
Quote = Annotated[
    str,
    typer.Option(
        "--quote",
        metavar="HASH",
        help="The hash that `curse show` ended with; a newer vote makes the lift fail.",
    ),
]
GUARDIAN, OWNER = "anvil:8", "anvil:7"  # of the devnet


def curse(
    subject: Subject,
    on: On = "",
    key: options.Key = "",
    monitor: Monitors = None,
    timeout: options.Timeout = 180,
    deployment: options.Deployment = None,
    as_json: options.Json = False,
) -> None:
    """Stop messages from and to a chain, at once, as guardian or owner; or `show` what is stopped, and why.

    ccip curse a --on b    stops a → b on b, and b → a on b
    """
    from ccip_py.cli.connect import read_deployment
    from ccip_py.deploy import admin

    network = read_deployment(deployment)
    if subject == "show":
        _show(network, on, monitor or [], as_json)
        return
    wanted = _subject(network, subject)
    consoles = [_console(chain, key, GUARDIAN, timeout) for chain in _chains(network, on, subject)]
    _each(consoles, subject, "cursed", lambda console: admin.curse(console, wanted), as_json)


def uncurse(
    subject: Lifted,
    on: On = "",
    quote: Quote = "",
    key: options.Key = "",
    timeout: options.Timeout = 180,
    deployment: options.Deployment = None,
    as_json: options.Json = False,
) -> None:
    """Lift a curse as owner, quoting the votes as `curse show` had them, or else as they are now. Unused blessings
    are void afterwards."""
    from ccip_py.cli.connect import read_deployment
    from ccip_py.deploy import admin

    network = read_deployment(deployment)
    wanted, seen = _subject(network, subject), _quoted(quote, on)
    consoles = [_console(chain, key, OWNER, timeout) for chain in _chains(network, on, subject)]

    def lift(console: Console) -> Done | None:
        chain = console.chain
        stands = wanted in admin.ask(chain, chain.rmn, "RMN", "getCursedSubjects")
        return admin.uncurse(console, wanted, seen) if stands else None

    _each(consoles, subject, "lifted", lift, as_json)


def _each(
    consoles: list[Console], subject: str, state: str, act: Callable[[Console], Done | None], as_json: bool
) -> None:
    """Act on each chain, whatever the others said, and report each; exit 1 if one refused. None: nothing was to do."""
    from ccip_py.errors import CcipError

    done: list[dict[str, str]] = []
    for console in consoles:
        line = {"chain": console.chain.name, "subject": subject, "transaction": "", "reason": ""}
        with terminal.waiting(f"{console.chain.name}: waiting until {subject} is {state}"):
            try:
                acted = act(console)
            except CcipError as refused:
                if len(consoles) == 1:
                    raise
                done.append({**line, "state": "refused", "reason": f"[{refused.code}] {refused}"})
                continue
        if acted is not None:
            done.append({**line, "state": state, "transaction": acted.transaction})
    lines = [
        f"{x['chain']}: {x['subject']} {x['state']} {x['transaction']}{x['reason']}".rstrip() for x in done
    ]
    terminal.result(done, lines or [f"{subject} is not cursed"], as_json)
    if any(x["state"] == "refused" for x in done):
        raise typer.Exit(1)


def _show(network: Deployment, on: str, monitors: list[str], as_json: bool) -> None:
    """The votes, the evidence that monitors have for them, and the hash that whoever lifts must quote."""
    from ccip_py.chains.rpc_headers import read_headers
    from ccip_py.risk.review import Place, curses, text
    from ccip_py.risk.rpc import Target

    places = [
        Place(
            x.name,
            Target(x.name, x.rpc_url, tuple(read_headers(x.rpc_headers).items())),
            x.rmn,
            x.start_block,
        )
        for x in _chains(network, on, "")
    ]
    with terminal.waiting("reading every chain's votes"):
        found = curses(places, monitors)
    named = [{**one, "subject": _name(network, bytes.fromhex(one["subject"][2:]))} for one in found]
    terminal.result(named, [text(one) for one in named] or ["nothing is cursed"], as_json)


def _quoted(text: str, on: str) -> bytes | None:
    """The hash of the reviewed votes: each chain has its own."""
    if not text:
        return None
    try:
        quoted = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        quoted = b""
    if len(quoted) != 32:
        raise typer.BadParameter("want the 32 bytes of hex that `curse show` ends with", param_hint="--quote")
    if not on:
        raise typer.BadParameter("say --on which chain: each has votes of its own", param_hint="--quote")
    return quoted


def _subject(network: Deployment, text: str) -> bytes:
    from ccip_py.protocol.blessing import GLOBAL_CURSE, curse_subject
    from ccip_py.sdk.book import Book

    return GLOBAL_CURSE if text == "global" else curse_subject(Book.of(network).chain(text).selector)


def _name(network: Deployment, subject: bytes) -> str:
    from ccip_py.protocol.blessing import GLOBAL_CURSE, curse_subject

    if subject == GLOBAL_CURSE:
        return "global"
    for chain in network.chains:
        if curse_subject(chain.selector) == subject:
            return chain.name
    return "0x" + subject.hex()


def _chains(network: Deployment, on: str, subject: str) -> list[ChainDeployment]:
    """Where to act: the chain named, or every chain but the subject itself."""
    from ccip_py.sdk.book import Book

    book = Book.of(network)
    if on:
        return [network.chain(book.chain(on).selector)]
    remote = book.chain(subject).selector if subject not in ("", "global") else None
    return [chain for chain in network.chains if chain.selector != remote]


def _console(chain: ChainDeployment, key: str, devnet: str, timeout: float) -> Console:
    """Who acts: as told, or on a local chain the devnet's own."""
    from ccip_py.chains.evm.keys import LOCAL_CHAIN_IDS
    from ccip_py.deploy.admin import Console
    from ccip_py.deploy.keys import party
    from ccip_py.errors import ConfigError

    if not key and chain.chain_id not in LOCAL_CHAIN_IDS:
        raise ConfigError(f"no key: {chain.name} is not a local chain", hint="--key keystore:PATH")
    return Console(chain, party(key or devnet), timeout)
