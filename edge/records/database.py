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
# Every statement may find its work done: two processes may open a new file at once.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS sale (sale_id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS outbox (
  alert_id TEXT PRIMARY KEY, sale_id TEXT NOT NULL, till TEXT NOT NULL, event TEXT NOT NULL, expires_at REAL NOT NULL,
  expired INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS audit (
  number INTEGER PRIMARY KEY, record TEXT NOT NULL, before TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS audit_end (
  which TEXT PRIMARY KEY CHECK (which IN ('pruned', 'newest')), number INTEGER NOT NULL, hash TEXT NOT NULL
) STRICT;
INSERT OR IGNORE INTO audit_end VALUES ('pruned', 0, ''), ('newest', 0, '');
CREATE TRIGGER IF NOT EXISTS audit_is_append_only BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
CREATE TRIGGER IF NOT EXISTS audit_is_pruned_from_its_start BEFORE DELETE ON audit
  WHEN OLD.number > (SELECT number FROM audit_end WHERE which = 'pruned')
  BEGIN SELECT RAISE(ABORT, 'audit records are only removed by pruning'); END;
"""
_MENDS = {
    "full": "make room on its disk",
    "locked": "another program is using it, try again",
    "not a database": "it is damaged: move it away, and the agent makes a new one",
    "malformed": "it is damaged: move it away, and the agent makes a new one",
}


class StoreError(RunError):
    """The state folder cannot be written or read: full, read-only, or damaged."""


class Database:
    """One connection; use it from one thread. Every write is on disk when `transaction` ends (synchronous=FULL)."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Opens `folder`/lane.db, and makes both when they are not there; read_only makes and changes nothing, and may
        be used while another process writes. Raises StoreError."""
        self.file = folder / FILE
        try:
            self._connection = _open_to_read(self.file) if read_only else _open_to_write(self.file)
        except (OSError, sqlite3.Error) as problem:
            raise StoreError(f"cannot open {self.file}: {_reason(problem)}") from None
        try:
            self._check_version(read_only)
        except StoreError:
            self._connection.close()
            raise

    def _check_version(self, read_only: bool) -> None:
        ((version,),) = self.rows("PRAGMA user_version")
        if int(str(version)) > _SCHEMA_VERSION:
            raise StoreError(
                f"{self.file} was made by a newer edge-agent: its schema is {version}, this one knows "
                f"{_SCHEMA_VERSION}; update edge-agent, or choose another folder with state_dir"
            )
        if version == _SCHEMA_VERSION:
            return
        if read_only:
            raise StoreError(f"{self.file} is empty: give the state folder of a lane that has run")
        with self._explained("write"):
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={_SCHEMA_VERSION}; COMMIT;")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is written inside, or nothing; committed to disk at the end. Inside another one it is part of
        that. Raises StoreError when the disk or the file does not let it."""
        with self._between("BEGIN IMMEDIATE", "write"):
            yield self._connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read inside is of one moment, whatever others write meanwhile. Raises StoreError."""
        with self._between("BEGIN", "read"):
            yield

    def each(self, query: str, *values: object) -> Iterator[tuple[object, ...]]:
        """The rows of a SELECT, read one after the other. Raises StoreError."""
        with self._explained("read"):
            yield from self._connection.execute(query, values)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """The rows of a SELECT. Raises StoreError."""
        return list(self.each(query, *values))

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _between(self, begin: str, doing: str) -> Iterator[None]:
        if self._connection.in_transaction:
            yield
            return
        with self._explained(doing):
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as problem:
            raise StoreError(f"cannot {doing} {self.file}: {_reason(problem)}") from None


def _open_to_write(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Who was sold what is nobody else's business. SQLite gives the files that it makes beside this one the same mode.
    file.touch(mode=0o600)
    file.chmod(0o600)
    # What is removed from the record is overwritten, not just marked as free.
    return _connect(
        str(file.absolute()), "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON"
    )


def _open_to_read(file: Path) -> sqlite3.Connection:
    if not file.exists():
        raise StoreError(f"there is no {file}: give the state folder of a lane that has run")
    if not os.access(file, os.R_OK):
        raise PermissionError(0, "this user may not read it")
    uri = f"{file.absolute().as_uri()}?mode=ro"
    try:
        return _connect(uri, "PRAGMA schema_version")
    except sqlite3.OperationalError:
        # On a read-only disk SQLite cannot make the files beside it that WAL mode needs. A copy that was put there
        # after its agent had ended needs none.
        if os.access(file.parent, os.W_OK) or file.with_name(f"{FILE}-wal").exists():
            raise
        return _connect(f"{uri}&immutable=1", "PRAGMA schema_version")


def _connect(name: str, *pragmas: str) -> sqlite3.Connection:
    # A lane is made in one thread and runs in another, but never in two at once.
    connection = sqlite3.connect(
        name, isolation_level=None, timeout=1.0, uri=name.startswith("file:"), check_same_thread=False
    )
    # Damaged text must not keep the rest from being read.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        for pragma in pragmas:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _reason(problem: OSError | sqlite3.Error) -> str:
    text = str((problem.strerror if isinstance(problem, OSError) else None) or problem)
    mends = (mend for sign, mend in _MENDS.items() if sign in text)
    return f"{text}; {next(mends, 'make it readable and writable, or choose another folder with state_dir')}"
