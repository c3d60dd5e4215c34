"""The journal: what this monitor is about to sign, written down before it signs.

Losing this file must end signing with the keys it belongs to: it is the only memory of what they
said. Everything else the monitor knows can be read again and lives in `facts.py`.

Every write is on disk before the method returns (SQLite, synchronous=FULL).
"""

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ccip_py.risk.judge import Evidence
from ccip_py.risk.pairs import Memory
from ccip_py.risk.store_schema import SCHEMA
from ccip_py.risk.vote import Blessing, Curse, Domain, Permit, digest, tag


class Equivocation(Exception):
    """Another root was already signed for the same lane, interval and epoch. Never sign a second."""


@dataclass(frozen=True, slots=True)
class Held:
    """Evidence that this monitor acts on, with the epochs in which it began to."""

    evidence: Evidence
    epochs: dict[str, int]  # "chain/subject" → the subject's epoch
    at: float


@dataclass(frozen=True, slots=True)
class Sending:
    """A transaction that was written down before it was sent. `fee`: wei per gas, at most."""

    nonce: int
    purpose: str
    recipient: bytes
    data: bytes
    fee: int
    raw: bytes
    block: int  # head of the chain when it was last sent


class Journal:
    """What must survive: statements, evidence, alerts, settings, transactions. What each table is for is told in
    `store_schema.py`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)
        # The table in memory: all of it is asked for in every cycle, and nobody else writes it.
        self._settings: dict[tuple[int, str], str] = {
            (int(chain), name): value
            for chain, name, value in self._db.execute("SELECT chain, name, value FROM setting")
        }
        self._seen: dict[tuple[int, str], tuple[str, int]] = {
            (int(chain), name): (value, changes)
            for chain, name, value, changes in self._db.execute(
                "SELECT chain, name, value, changes FROM seen"
            )
        }

    def close(self) -> None:
        self._db.close()

    # BLESSINGS

    def permit_blessing(
        self, blessing: Blessing, config_version: int, domain: Domain, why: Mapping[str, Any]
    ) -> Permit:
        """Write the statement down, then hand out the permission to sign it.

        Signing the same statement again (after a crash, or for a new monitor set) is harmless and
        allowed. A different root in its place raises `Equivocation`.
        """
        statement = _statement(blessing, domain)
        row = (
            statement,
            blessing.root.hex(),
            tag(blessing).hex(),
            config_version,
            json.dumps(why),
            time.time(),
        )
        self._db.execute(
            "INSERT INTO blessing VALUES (?,?,?,?,?,?)"
            " ON CONFLICT (statement) DO UPDATE SET config_version = excluded.config_version"
            " WHERE root = excluded.root",
            row,
        )
        (root,) = self._db.execute("SELECT root FROM blessing WHERE statement = ?", (statement,)).fetchone()
        if root != blessing.root.hex():
            raise Equivocation(f"root {root} is already signed in place of {blessing.root.hex()}")
        return Permit(digest(blessing, config_version, domain), blessing, config_version, domain)

    # CURSES

    def permit_curse(self, curse: Curse, config_version: int, domain: Domain) -> Permit:
        """Curse votes may be repeated and renewed; they are written down to be explained."""
        self._db.execute(
            "INSERT OR IGNORE INTO curse VALUES (?,?,?,?,?,?,?)",
            (
                _domain(domain),
                curse.subject.hex(),
                str(curse.nonce),
                curse.valid_until,
                curse.evidence.hex(),
                config_version,
                time.time(),
            ),
        )
        return Permit(digest(curse, config_version, domain), curse, config_version, domain)

    # EVIDENCE

    def hold(self, evidence: Evidence) -> bool:
        """Keep evidence, and say whether it is new. Settled evidence stays settled, unless it stands
        in a commit store: then the same forgery may come back, and counts again."""
        fresh = self._db.execute(
            "INSERT INTO evidence (id, anomaly, blame, chains, summary, facts, standing, at)"
            " VALUES (?,?,?,?,?,?,?,?)"
            " ON CONFLICT (id) DO UPDATE SET settled = 0, epochs = '{}' WHERE settled AND standing <> ''"
            " RETURNING id",
            (
                evidence.id.hex(),
                evidence.anomaly,
                None if evidence.blame is None else str(evidence.blame),
                json.dumps(evidence.chains),
                evidence.summary,
                json.dumps(evidence.facts),
                evidence.standing,
                time.time(),
            ),
        ).fetchall()
        return bool(fresh)

    def held(self) -> list[Held]:
        """Evidence that is not settled, oldest first."""
        rows = self._db.execute(
            "SELECT anomaly, blame, chains, summary, facts, standing, epochs, at FROM evidence"
            " WHERE NOT settled ORDER BY at"
        )
        return [
            Held(
                Evidence(
                    anomaly,
                    None if blame is None else int(blame),
                    tuple(json.loads(chains)),
                    summary,
                    json.loads(facts),
                    standing,
                ),
                json.loads(epochs),
                at,
            )
            for anomaly, blame, chains, summary, facts, standing, epochs, at in rows
        ]

    def note_epoch(self, held: Held, where: str, epoch: int) -> None:
        """Remember in which epoch of the subject this evidence was first voted on ("chain/subject")."""
        held.epochs[where] = epoch
        self._db.execute(
            "UPDATE evidence SET epochs = ? WHERE id = ?", (json.dumps(held.epochs), held.evidence.id.hex())
        )

    def settle(self, evidence: Evidence) -> None:
        """The owner dealt with it: the root is gone, or the curse was lifted after review."""
        self._db.execute("UPDATE evidence SET settled = 1 WHERE id = ?", (evidence.id.hex(),))

    def is_settled(self, evidence: Evidence) -> bool:
        row = self._db.execute("SELECT settled FROM evidence WHERE id = ?", (evidence.id.hex(),)).fetchone()
        return bool(row and row[0])

    def all_evidence(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest evidence, settled or not, for the owner to review."""
        rows = self._db.execute(
            "SELECT id, anomaly, blame, summary, facts, settled, at FROM evidence ORDER BY at DESC LIMIT ?",
            (limit,),
        )
        return [
            {"id": id_, "anomaly": anomaly, "blame": blame, "summary": summary, "facts": json.loads(facts),
             "settled": bool(settled), "at": at}
            for id_, anomaly, blame, summary, facts, settled, at in rows
        ]  # fmt: skip

    # ALERTS AND SETTINGS

    def note(self, alert: Evidence) -> None:
        """Keep an alert; again is no more than once."""
        row = (alert.id.hex(), alert.anomaly, alert.summary, json.dumps(alert.facts), time.time())
        self._db.execute("INSERT OR IGNORE INTO alert VALUES (?,?,?,?,?)", row)

    def alerts(self, limit: int = 20) -> list[dict[str, Any]]:
        """The newest alerts."""
        rows = self._db.execute(
            "SELECT id, anomaly, summary, at FROM alert ORDER BY at DESC LIMIT ?", (limit,)
        )
        return [
            {"id": id_, "anomaly": anomaly, "summary": summary, "at": at}
            for id_, anomaly, summary, at in rows
        ]

    def setting(self, chain: int, name: str, now: str) -> str:
        """A chain's setting as it was when first seen, or last accepted. The first look writes it down."""
        if (chain, name) not in self._settings:
            self.accept_setting(chain, name, now)
        return self._settings[chain, name]

    def accept_setting(self, chain: int, name: str, value: str) -> None:
        """From now on this is how it should be."""
        self._db.execute("INSERT OR REPLACE INTO setting VALUES (?,?,?)", (str(chain), name, value))
        self._settings[chain, name] = value

    def changes(self, chain: int, name: str, now: str) -> int:
        """How often something was seen to be another than before: part of the evidence about it, because the owner's lift
        forgives one change and not the same change made again."""
        value, count = self._seen.get((chain, name), (None, -1))
        if value != now:
            count += 1
            self._db.execute("INSERT OR REPLACE INTO seen VALUES (?,?,?,?)", (str(chain), name, now, count))
            self._seen[chain, name] = now, count
        return count

    # ENDS OF CURSES

    def pair(self, here: int, there: int) -> Memory | None:
        """What was kept of a pair of ends; None before the first look."""
        row = self._db.execute(
            "SELECT lifts_here, free, answered FROM pair WHERE here = ? AND there = ?",
            (str(here), str(there)),
        ).fetchone()
        return Memory(row[0], row[1], bool(row[2])) if row else None

    def remember_pair(self, here: int, there: int, memory: Memory) -> None:
        """In place of what was kept before."""
        row = (str(here), str(there), memory.lifts_here, memory.free, memory.answered)
        self._db.execute("INSERT OR REPLACE INTO pair VALUES (?,?,?,?,?)", row)

    # TRANSACTIONS

    def record_sending(self, chain_id: int, sending: Sending) -> None:
        """Before broadcasting. The same nonce again replaces what was sent under it."""
        self._db.execute(
            "INSERT OR REPLACE INTO sending VALUES (?,?,?,?,?,?,?,?)",
            (
                chain_id,
                sending.nonce,
                sending.purpose,
                sending.recipient.hex(),
                sending.data.hex(),
                sending.fee,
                sending.raw.hex(),
                sending.block,
            ),
        )

    def sendings(self, chain_id: int) -> list[Sending]:
        """What may still be under way, lowest nonce first."""
        rows = self._db.execute(
            "SELECT nonce, purpose, recipient, data, fee, raw, block FROM sending WHERE chain_id = ? ORDER BY nonce",
            (chain_id,),
        )
        return [
            Sending(nonce, purpose, bytes.fromhex(to), bytes.fromhex(data), fee, bytes.fromhex(raw), block)
            for nonce, purpose, to, data, fee, raw, block in rows
        ]

    def forget_sendings(self, chain_id: int, below_nonce: int) -> None:
        """Their nonces are used on chain; whether to good effect is read from the contracts."""
        self._db.execute("DELETE FROM sending WHERE chain_id = ? AND nonce < ?", (chain_id, below_nonce))

    # EXPLAINING

    def explain(self, id_prefix: str) -> list[dict[str, Any]]:
        """Everything stored under a tag, root or evidence id that starts with `id_prefix` (hex)."""
        like = id_prefix.lower().removeprefix("0x") + "%"
        found: list[dict[str, Any]] = []
        for table, where in (
            ("blessing", "tag LIKE ?1 OR root LIKE ?1"),
            ("evidence", "id LIKE ?1"),
            ("curse", "evidence LIKE ?1"),
            ("alert", "id LIKE ?1"),
        ):
            cursor = self._db.execute(f"SELECT * FROM {table} WHERE {where}", (like,))
            names = [column[0] for column in cursor.description]
            found += [{"kind": table, **dict(zip(names, row, strict=True))} for row in cursor]
        return found


def _domain(domain: Domain) -> str:
    return f"{domain.chain_id}/{domain.rmn.hex()}"


def _statement(blessing: Blessing, domain: Domain) -> str:
    """Everything of a blessing but the root."""
    return "/".join(
        (
            _domain(domain),
            blessing.commit_store.hex(),
            str(blessing.source),
            blessing.on_ramp.hex(),
            str(blessing.first),
            str(blessing.last),
            str(blessing.epoch),
        )
    )
