"""The lane's own small database: what must outlive a crash. SQLite in WAL mode, one file in the state folder."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "lane.db"

_SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE sale (sale_id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE outbox (
  alert_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL, till TEXT NOT NULL, event TEXT NOT NULL, expires_at REAL NOT NULL,
  expired INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, next_at REAL NOT NULL
) STRICT;
CREATE TABLE audit (number INTEGER PRIMARY KEY, record TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TABLE audit_pruned (
  only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL, hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_pruned VALUES (1, 0, '');
CREATE TRIGGER audit_is_append_only BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
"""


class StoreError(RunError):
    """The state folder cannot be written or read: full, read-only, or damaged."""


class Database:
    """One connection; use it from one thread. Every write is on disk when `transaction` ends (synchronous=FULL)."""

    def __init__(self, folder: Path) -> None:
        """Opens `folder`/lane.db, and makes both when they are not there. Raises StoreError."""
        self.file = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._connection = sqlite3.connect(self.file, isolation_level=None, timeout=1.0)
        except (OSError, sqlite3.Error) as problem:
            raise StoreError(f"cannot open {self.file}: {_reason(problem)}") from None
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._make_tables()
            # Who was sold what is nobody else's business.
            os.chmod(self.file, 0o600)  # noqa: PTH101  # Path.chmod follows no different rule, and this is one call
        except (OSError, sqlite3.Error) as problem:
            self._connection.close()
            raise StoreError(f"cannot use {self.file}: {_reason(problem)}") from None

    def _make_tables(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version > _SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"it was made by a newer edge-agent (schema {version})")
        if version < _SCHEMA_VERSION:
            self._connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version={_SCHEMA_VERSION}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is written inside, or nothing; committed to disk at the end. Inside another one it is part of
        that. Raises StoreError when the disk or the file does not let it."""
        if self._connection.in_transaction:
            yield self._connection
            return
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as problem:
            raise StoreError(f"cannot write {self.file}: {_reason(problem)}") from None

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a SELECT. Raises StoreError."""
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as problem:
            raise StoreError(f"cannot read {self.file}: {_reason(problem)}") from None

    def close(self) -> None:
        self._connection.close()


def _reason(problem: OSError | sqlite3.Error) -> str:
    text = problem.strerror if isinstance(problem, OSError) else str(problem)
    return f"{text}; make room there, or choose another folder with state_dir" if text else "it is damaged"
