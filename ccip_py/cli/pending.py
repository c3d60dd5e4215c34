"""Sends that were interrupted: typed again, the same command goes on with its transaction instead of sending another.

What is signed is written down before it leaves, under what the command said and who signed; it is forgotten when the
command is done. Only a send is at risk: approving twice, looking, and executing by hand change nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccip_py.cli import terminal
from ccip_py.cli.connect import RUN_FOLDER

if TYPE_CHECKING:
    from ccip_py.sdk.client import Ccip
    from ccip_py.sdk.types import SentMessage

FOLDER = RUN_FOLDER / "pending"


@dataclass(frozen=True, slots=True)
class Pending:
    """One send, by everything that makes it this one."""

    path: Path

    @classmethod
    def of(cls, *said: Any) -> Pending:
        return cls(FOLDER / f"{hashlib.sha256(repr(said).encode()).hexdigest()[:24]}.json")

    def write(self, raw: bytes, transaction: bytes) -> None:
        """Before it leaves."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps({"raw": "0x" + raw.hex(), "transaction": "0x" + transaction.hex()}))
        beside.replace(self.path)

    def writer(self, router: bytes) -> Callable[[str, bytes, bytes], None]:
        """Writes down what goes to the Router, and nothing else: approvals may be repeated."""

        def write(to: str, raw: bytes, transaction: bytes) -> None:
            if to.lower() == "0x" + router.hex():
                self.write(raw, transaction)

        return write

    @contextmanager
    def forgotten_if_refused(self) -> Iterator[None]:
        """A send that the chain refused will never land; one that we only lost sight of may."""
        from ccip_py.errors import CcipError

        try:
            yield
        except CcipError as problem:
            if not problem.retryable:
                self.forget()
            raise

    def forget(self) -> None:
        """It is done, or will never be."""
        self.path.unlink(missing_ok=True)

    def earlier(self, ccip: Ccip, source: str, timeout: float) -> SentMessage | None:
        """The message of an earlier run that was interrupted; None if there is none, or it can't land any more."""
        try:
            known = json.loads(self.path.read_text(encoding="utf-8"))
            raw, transaction = str(known["raw"]), str(known["transaction"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        terminal.say(f"the same command was interrupted before: going on with its transaction {transaction}")
        terminal.say("(--again sends another message instead)")
        if not _lands(ccip, source, raw, transaction, timeout):
            terminal.say("it did not land and can't any more; sending anew")
            self.forget()
            return None
        return ccip.find(transaction)[0]


def _lands(ccip: Ccip, source: str, raw: str, transaction: str, timeout: float) -> bool:
    """Broadcast it once more, and wait until it is mined. False if its nonce was used for something else."""
    from hexbytes import HexBytes

    from ccip_py.errors import Refused
    from ccip_py.sdk.evm import receipt_of
    from ccip_py.sdk.flow import Call, Failure, ask

    chain = ccip.book.chain(source).selector
    known, sent = ccip.driver.run(
        ask(chain, Call("eth_getTransactionByHash", (transaction,)), Call("eth_sendRawTransaction", (raw,)))
    )
    if known is None and isinstance(sent, Failure):
        return False
    try:
        with terminal.waiting(f"waiting until {source} has it in a block"):
            ccip.driver.run(receipt_of(chain, HexBytes(transaction), {}, timeout))
    except Refused:
        return False
    return True
