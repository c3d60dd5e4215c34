"""What of a journal lies beside its database: who writes it, whose it is, and how far its node had come.

lock            held by the process that writes; the kernel frees it when that one dies
owner.json      the key and the journal that belong together, and per configuration the highest epoch entered
signed.json     per configuration the last round signed in; written with every signature, so not forced to disk: it is
                there to find out that somebody put an older database back, not to survive a power cut
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from ccip_py.errors import ConfigError

Slot = tuple[int, int]  # epoch, round


class JournalFolder:
    """One node's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner, self._signed = path / "owner.json", path / "signed.json"

    @property
    def database(self) -> Path:
        """Where the journal is if no other database is named."""
        return self.path / "journal.sqlite"

    def lock(self) -> IO[str]:
        """Hold an exclusive lock for as long as the file stays open."""
        self.path.mkdir(parents=True, exist_ok=True)
        handle = (self.path / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            raise ConfigError(
                "another node is running on this journal",
                context={"folder": self.path},
                hint="one process per key and folder; stop the other one",
            ) from None
        return handle

    def journal_id(self, identity: bytes) -> str | None:
        """The id of the journal that belongs in here, or None where none was ever completed."""
        known = self._known()
        if not known:
            return None
        if known["key"] != identity.hex():
            raise self.not_ours(known["key"])
        return str(known["id"])

    def belongs_to(self, identity: bytes, journal_id: str) -> None:
        """From now on the journal may not be missing."""
        _write(self._owner, {"key": identity.hex(), "id": journal_id}, durable=True)

    def note_epoch(self, config_digest: bytes, epoch: int) -> None:
        """Remember the epoch that the journal has just recorded."""
        known = self._known()
        known["epochs"] = {**known.get("epochs", {}), config_digest.hex(): epoch}
        _write(self._owner, known, durable=True)

    def note_signing(self, config_digest: bytes, slot: Slot) -> None:
        """Remember the round that the journal has just recorded."""
        _write(self._signed, {**self._last_signed(), config_digest.hex(): slot}, durable=False)

    def check_age(self, epochs: Mapping[str, int], signed: Mapping[str, Slot]) -> None:
        """`epochs` and `signed` are the database's highest, by configuration: none may lie below what was noted."""
        noted_epochs: Mapping[str, int] = self._known().get("epochs", {})
        older = any(epochs.get(digest, 0) < epoch for digest, epoch in noted_epochs.items())
        older |= any(signed.get(digest, (0, 0)) < tuple(slot) for digest, slot in self._last_signed().items())
        if older:
            raise self.lost("the journal is an older copy of the one this node last used")

    def not_ours(self, owner: str) -> ConfigError:
        return ConfigError(
            "this journal belongs to another key", context={"folder": self.path, "owner": owner}
        )

    def lost(self, why: str) -> ConfigError:
        return ConfigError(
            f"{why}: this node must not sign",
            code="JOURNAL_LOST",
            context={"folder": self.path},
            hint="restore the newest backup, or give the node a new key and have the owner rotate the signer set",
        )

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {}
        if self._owner.exists():
            known = json.loads(self._owner.read_text(encoding="utf-8"))
        return known

    def _last_signed(self) -> dict[str, Slot]:
        """Nothing if a power cut left nothing, or half of it."""
        try:
            return {
                digest: (slot[0], slot[1]) for digest, slot in json.loads(self._signed.read_bytes()).items()
            }
        except (OSError, ValueError, AttributeError, TypeError, IndexError):
            return {}


def _write(path: Path, content: Mapping[str, object], *, durable: bool) -> None:
    """At once, never half of it."""
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as handle:
        handle.write(json.dumps(content))
        if durable:
            handle.flush()
            os.fsync(handle.fileno())
    beside.replace(path)
