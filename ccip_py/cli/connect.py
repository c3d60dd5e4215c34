"""From options to a client and a signer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccip_py.cli import terminal
from ccip_py.errors import BadInput, ConfigError

if TYPE_CHECKING:
    from ccip_py.chains.deployment import Deployment
    from ccip_py.sdk.book import Book
    from ccip_py.sdk.client import Ccip
    from ccip_py.sdk.signers import LocalSigner
    from ccip_py.sdk.types import SentMessage

RUN_FOLDER = Path(".ccip")
DEPLOYMENT = "deployment.json"
DEFAULT_KEY = "anvil:0"
APPROVE = "0x095ea7b3"  # how calldata of ERC-20's approve begins


def deployment_path(explicit: Path | None) -> Path:
    """The file to use; BadInput if there is none, or two."""
    if explicit is not None:
        return explicit
    found = [path for path in (Path(DEPLOYMENT), RUN_FOLDER / DEPLOYMENT) if path.exists()]
    if len(found) > 1:
        raise BadInput(
            f"there are two networks here: {found[0]} and {found[1]}",
            code="NO_NETWORK",
            hint="say which: --deployment PATH, or set CCIP_DEPLOYMENT",
        )
    if not found:
        raise BadInput(
            "no network here: there is neither deployment.json nor .ccip/deployment.json",
            code="NO_NETWORK",
            hint="start one with `ccip up`, or pass --deployment PATH, or --router NAME=URL@ROUTER for each chain",
        )
    if found[0].parent == RUN_FOLDER:
        _must_run()
    return found[0]


def _must_run() -> None:
    """The file of `ccip up` leads nowhere once that was killed: it had no time to take the file away."""
    from ccip_py.cli import run_file

    known = run_file.read()
    if known is None or known.alive:
        return
    kept = known.plain.get("state")
    again = f"`ccip up --state {kept}` goes on from what it kept" if kept else "`ccip up` starts another"
    raise BadInput(
        f"the network of this folder ended without saying so (process {known.pid} is gone)",
        code="NO_NETWORK",
        hint=again,
    )


def read_deployment(explicit: Path | None) -> Deployment:
    """The network's file."""
    from ccip_py.chains.deployment import load_deployment

    return load_deployment(deployment_path(explicit))


def client(deployment: Path | None, rpc: Sequence[str], router: Sequence[str] = ()) -> Ccip:
    """A client of the network that the options name. To be closed."""
    path = None if router else deployment_path(deployment)  # before anything that takes time to load
    from ccip_py.sdk.client import Ccip

    if router:
        if deployment is not None or rpc:
            raise BadInput("--router stands alone: without --deployment and --rpc")
        with terminal.waiting("asking the Routers what they are connected with"):
            return _patient(Ccip.at(dict(_router(text) for text in router)))
    known = read_deployment(path)
    given = urls(rpc)
    strange = given.keys() - {chain.name for chain in known.chains}
    if strange:
        names = ", ".join(chain.name for chain in known.chains)
        raise BadInput(f"--rpc: no chain is named {', '.join(sorted(strange))}", hint=f"chains: {names}")
    return _patient(Ccip(known, rpc_urls=given))


def _patient(ccip: Ccip) -> Ccip:
    """Says which endpoint it waits for, if one is slow."""
    ccip.driver.around = terminal.slow
    return ccip


def urls(rpc: Sequence[str]) -> dict[str, str]:
    """What --rpc says, by the name of the chain; BadInput if it is not NAME=URL."""
    return dict(_pair(text, "--rpc") for text in rpc)


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise BadInput(f"{option} {text}: want NAME=VALUE")
    return name, value


def _router(text: str) -> tuple[str, tuple[str, str]]:
    name, place = _pair(text, "--router")
    url, at, router = place.rpartition("@")
    if not at or not url:
        raise BadInput(f"--router {text}: want NAME=URL@ROUTER")
    return name, (url, address(router, "--router"))


def address(text: str, option: str) -> str:
    """An address in checksum, or BadInput: lower case would let a typo through."""
    from ccip_py.protocol.codec.evm import checksum, parse_address
    from ccip_py.protocol.ids import NO_ADDRESS

    try:
        found = parse_address(text)
    except BadInput as wrong:
        raise BadInput(f"{option}: {wrong.message}: {text}", code="CANNOT_ENCODE", hint=wrong.hint) from None
    if found == NO_ADDRESS:
        raise BadInput(f"{option}: the zero address", code="CANNOT_ENCODE", hint="what is sent there is gone")
    if checksum(found) != text:
        raise BadInput(
            f"{option}: {text} has no checksum",
            code="CANNOT_ENCODE",
            hint=f"if every digit is right, write {checksum(found)}",
        )
    return text


@dataclass(slots=True)
class Announcing:
    """A signer that says what is about to be sent: after this line, an interruption does not hide the transaction."""

    key: LocalSigner
    signed: list[str] = field(default_factory=list)
    before_sending: Callable[[str, bytes, bytes], None] | None = None  # to whom, raw transaction, its hash

    @property
    def address(self) -> str:
        return self.key.address

    def sign_transaction(self, transaction_dict: Any) -> Any:
        done = self.key.sign_transaction(transaction_dict)
        self.signed.append(done.hash.to_0x_hex())
        if self.before_sending is not None:
            to = str(transaction_dict.get("to", ""))
            self.before_sending(to, bytes(done.raw_transaction), bytes(done.hash))
        purpose = " that approves the Router" if _is_approval(transaction_dict) else ""
        terminal.say(f"sending transaction{purpose} {self.signed[-1]}")
        return done


def _is_approval(transaction: Any) -> bool:
    return str(transaction.get("data", "")).startswith(APPROVE)


def signer(reference: str, book: Book, *, silent: bool = False) -> Announcing:
    """Who signs: as told, or on networks of local chains Anvil's account 0, and says so."""
    from ccip_py.chains.evm.keys import LOCAL_CHAIN_IDS
    from ccip_py.sdk.signers import signer_of

    if not reference:
        if any(chain.chain_id not in LOCAL_CHAIN_IDS for chain in book.chains):
            raise ConfigError(
                "no key: these are not local chains", hint="--key keystore:PATH, or set CCIP_KEY to it"
            )
        key = signer_of(DEFAULT_KEY)
        if not silent:
            terminal.say(f"signing as {DEFAULT_KEY}, {key.address} (--key chooses another)")
        return Announcing(key)
    return Announcing(signer_of(reference))


def one_message(ccip: Ccip, reference: str, log_index: int) -> SentMessage:
    """The message a reference means; BadInput if it means several and none was chosen."""
    found = ccip.find(reference)
    if log_index >= 0:
        if log_index >= len(found):
            raise BadInput(f"--log-index {log_index}: the transaction sent {len(found)} messages, from 0")
        return found[log_index]
    if len(found) > 1:
        ids = ", ".join(f"{i}: {sent.message_id.to_0x_hex()[:10]}…" for i, sent in enumerate(found))
        raise BadInput(
            f"the transaction sent {len(found)} messages", hint=f"choose one with --log-index ({ids})"
        )
    return found[0]


def interactive() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
