"""The journal's tables, in types that every database has, and the way from an older schema to this one."""

from __future__ import annotations

import sqlalchemy as sql
from sqlalchemy.engine import Connection

SCHEMA_VERSION = 3
"""1: as first released. 2: proofs of misbehaviour. 3: how each chain began. An older journal is brought up when it is opened; tables are only
ever added."""

TABLES = sql.MetaData()

META = sql.Table(
    "meta",
    TABLES,
    sql.Column("key", sql.String, primary_key=True),
    sql.Column("value", sql.String, nullable=False),
)

SIGNED = sql.Table(
    "signed",
    TABLES,
    sql.Column("config_digest", sql.LargeBinary(32), primary_key=True),
    sql.Column("epoch", sql.BigInteger, primary_key=True),
    sql.Column("round", sql.BigInteger, primary_key=True),
    sql.Column("report_hash", sql.LargeBinary(32), nullable=False),
)

EPOCHS = sql.Table(
    "epochs",
    TABLES,
    sql.Column("config_digest", sql.LargeBinary(32), primary_key=True),
    sql.Column("epoch", sql.BigInteger, nullable=False),
)


FINALITY = sql.Table(
    "finality",
    TABLES,
    sql.Column("chain", sql.String, primary_key=True),  # the selector, which SQLite's integers cannot hold
    sql.Column("number", sql.BigInteger, nullable=False),
    sql.Column("hash", sql.LargeBinary(32), nullable=False),
    sql.Column("violation", sql.String, nullable=False),
)

GENESIS = sql.Table(
    "genesis",
    TABLES,
    sql.Column("chain", sql.String, primary_key=True),
    sql.Column("hash", sql.String, nullable=False),
)

PROOFS = sql.Table(
    "proofs",
    TABLES,
    sql.Column("config_digest", sql.LargeBinary(32), primary_key=True),
    sql.Column("culprit", sql.Integer, primary_key=True),
    sql.Column("proof", sql.Text, nullable=False),
)

SENT = sql.Table(
    "sent",
    TABLES,
    sql.Column("chain", sql.String, primary_key=True),
    sql.Column("id", sql.BigInteger, primary_key=True),
    sql.Column("open", sql.Boolean, nullable=False, index=True),
    sql.Column("entry", sql.Text, nullable=False),
)
"""Written through `outbox`."""


def bring_up(connection: Connection, schema: int) -> bool:
    """To the current schema, in the same transaction as the note that says so. False if it is a later program's."""
    if schema > SCHEMA_VERSION:
        return False
    TABLES.create_all(connection)
    version = {"value": str(SCHEMA_VERSION)}
    connection.execute(sql.update(META).where(META.c.key == "schema").values(**version))
    return True
