"""The tables of a lane's database, as the steps from each version of the file to the next."""

from __future__ import annotations

SchemaSteps = tuple[tuple[str, ...], ...]
"""The statements of each step from one version of a database to the next."""

IS_MARK = """substr(record, 1, 8) = '{"mark":'"""
"""SQL condition: whether a row of the audit table is a mark, and not a record."""

IS_SALE = f"""NOT {IS_MARK} AND substr(record, 1, 10) <> '{{"change":'"""
"""SQL condition: whether it is the record of a sale."""

MARKS_SINCE = 2
"""An agent writes marks into every log of this version or newer that has records."""

_FIRST_VERSION = (
    "CREATE TABLE sale (sale_id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT",
    """CREATE TABLE outbox (
      alert_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL, till TEXT NOT NULL, event TEXT NOT NULL,
      expires_at REAL NOT NULL, expired INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    """CREATE TABLE audit (
      number INTEGER PRIMARY KEY, record TEXT NOT NULL, before TEXT NOT NULL, hash TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE audit_end (
      which TEXT PRIMARY KEY CHECK (which IN ('pruned', 'newest')), number INTEGER NOT NULL, hash TEXT NOT NULL
    ) STRICT""",
    "INSERT INTO audit_end VALUES ('pruned', 0, ''), ('newest', 0, '')",
    """CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END""",
    """CREATE TRIGGER audit_is_pruned_from_its_start BEFORE DELETE ON audit
      WHEN OLD.number > (SELECT number FROM audit_end WHERE which = 'pruned')
      BEGIN SELECT RAISE(ABORT, 'audit records are only removed by pruning'); END""",
)
# Older versions cannot continue an audit log that has marks.
_MARKS = (f"CREATE INDEX audit_marks ON audit (number) WHERE {IS_MARK}",)

_SALES_BY_TILL_AND_OPENING = (
    """CREATE TABLE unfinished_sale (
      till TEXT NOT NULL, sale_id TEXT NOT NULL, opened_at TEXT NOT NULL, record TEXT NOT NULL,
      PRIMARY KEY (till, sale_id, opened_at)
    ) STRICT""",
    """INSERT INTO unfinished_sale
      SELECT record ->> '$.till', sale_id, record ->> '$.opened_at', record FROM sale
      WHERE json_valid(record) AND record ->> '$.till' IS NOT NULL AND record ->> '$.opened_at' IS NOT NULL""",
    "DROP TABLE sale",
)

_BELIEVED_TIMES = (
    "CREATE TABLE believed_time (only INTEGER PRIMARY KEY CHECK (only = 1), state TEXT NOT NULL) STRICT",
    """CREATE TABLE written (
      kind TEXT NOT NULL, name TEXT NOT NULL, at_s REAL NOT NULL, PRIMARY KEY (kind, name)
    ) STRICT, WITHOUT ROWID""",
)

SCHEMA_STEPS: SchemaSteps = (_FIRST_VERSION, _MARKS, _SALES_BY_TILL_AND_OPENING, _BELIEVED_TIMES)
"""The statements of each step. Step n makes a file of version n + 1 from one of version n; version 0 is an empty file.
All steps that a file needs are one transaction. A step that was released is never changed: append another one.

A file that is only read is not updated, so readers must understand the tables of every version."""
