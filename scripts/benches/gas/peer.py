"""What lanes of other protocols go through, and how their bytecode is found.

Only what can be compared is given. They have neither roots nor an independent blessing, and what signs a message
signs its delivery; so a figure of executing is the whole destination: all transactions from the first signature to the
call of the receiver. Sending is what the protocol's contracts ask to be paid for on chain.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any, Protocol

from .figures import BATCH, Figures, Operation
from .scenario import SAMPLES

WARM_UP = 4  # messages after which no word is written for the first time any more


class Peer(Protocol):
    """One lane of a protocol, from the sender to a receiver that does no more than the protocol demands."""

    def send(self) -> tuple[int, Any]:
        """The gas of sending 32 bytes, and the message."""

    def deliver(self, messages: Sequence[Any]) -> int:
        """The gas of all that it takes until the receiver has them: alone, or many in one transaction each step."""

    def refuse(self, message: Any) -> None:
        """Deliver `message`, and raise unless everything false before and after it is refused."""


def figures(peer: Peer) -> Figures:
    """The figures. Raises if anything is refused that should not be, or the other way round."""
    for _ in range(WARM_UP):
        peer.deliver([peer.send()[1]])
    peer.refuse(peer.send()[1])
    gas, messages = zip(*(peer.send() for _ in range(SAMPLES + BATCH)), strict=True)
    alone = [peer.deliver([message]) for message in messages[:SAMPLES]]
    share = round(peer.deliver(messages[SAMPLES:]) / BATCH)
    send = round(mean(gas))  # what a tree of messages costs differs from one to the next
    return {
        Operation.SEND_NATIVE: send,
        Operation.EXECUTE: round(median(alone)),
        Operation.EXECUTE_BATCH: share,
        Operation.END_TO_END: send + share,
    }


def from_artifacts(folders: Sequence[Path], name: str) -> bytes:
    """Creation code from Hardhat artifacts, of the first folder that has it."""
    for path in (path for folder in folders for path in sorted((folder / "artifacts").rglob(f"{name}.json"))):
        code = str(json.loads(path.read_text(encoding="utf-8")).get("bytecode", "0x"))
        if len(code) > 2:
            return bytes.fromhex(code[2:])
    raise FileNotFoundError(f"no bytecode of {name} in {folders}: are the packages unpacked there?")


def from_factories(folder: Path, name: str) -> bytes:
    """Creation code from TypeChain factories, which hold it as a string."""
    for path in sorted(folder.rglob(f"{name}__factory.js")):
        found = re.search(r'_bytecode\s*=\s*"0x([0-9a-fA-F]+)"', path.read_text(encoding="utf-8"))
        if found:
            return bytes.fromhex(found.group(1))
    raise FileNotFoundError(f"no bytecode of {name} in {folder}: is the package unpacked there?")
