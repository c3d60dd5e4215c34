"""What a deployment has sent, written down before it is sent, so that an interrupted one goes on instead of over.

A line says: this step went out in that transaction. Whether it succeeded is asked of the chain when it matters, so a
line may outlive its transaction (a reorg, a devnet that was started anew) without harm: the step is then done again.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from ccip_py.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Sent:
    """One step, in one transaction. Hashes and addresses in hex, as they stand in the file."""

    step: str
    digest: str
    chain: str
    transaction: str
    address: str | None  # of the contract it creates


class Journal(Protocol):
    """Where the lines are kept. `write` returns when they would survive a crash."""

    def read(self) -> tuple[Sent, ...]: ...

    def write(self, lines: Iterable[Sent]) -> None: ...


@dataclass(slots=True)
class MemoryJournal:
    """For networks that end with the process."""

    lines: list[Sent] = field(default_factory=list)

    def read(self) -> tuple[Sent, ...]:
        return tuple(self.lines)

    def write(self, lines: Iterable[Sent]) -> None:
        self.lines.extend(lines)


@dataclass(frozen=True, slots=True)
class FileJournal:
    """A file of JSON lines. A last line that was cut off is as good as not written: nothing was sent yet."""

    path: Path

    def read(self) -> tuple[Sent, ...]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ()
        whole = text[: text.rfind("\n") + 1].splitlines()
        try:
            return tuple(Sent(**json.loads(line)) for line in whole)
        except (ValueError, TypeError):
            raise ConfigError(
                f"{self.path} is not a deployment's journal", hint="move it away, or restore it"
            ) from None

    def write(self, lines: Iterable[Sent]) -> None:
        kept = self.read()
        text = "".join(json.dumps(asdict(line)) + "\n" for line in (*kept, *lines))
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
