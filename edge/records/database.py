"""A database for what must survive a crash: that of the lane, or of the gateway. SQLite in WAL mode, one file in the
state folder."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.language.system import system_words
from edge.language.words import Words, joined, words
from edge.records.earlier_layout import copy_before_update
from edge.records.schema import SCHEMA_STEPS, SchemaSteps
from edge.settings.files import make_private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASE_FILE = "lane.db"

_CANNOT_READ, _CANNOT_WRITE = words("cannot read {file}: {reason}"), words("cannot write {file}: {reason}")

_FIXES = {
    "full": words("make room on its disk"),
    "locked": words("another program is using it: try again"),
    "not a database": words("it is damaged: move it away, and the agent creates a new one"),
    "malformed": words("it is damaged: move it away, and the agent creates a new one"),
}


class StoreError(RunError):
    """The database cannot be read or written: the disk is full or read-only, or the file is damaged or locked."""


class Database:
    """One connection, for one thread at a time. Every write is on disk when `transaction` ends (synchronous=FULL)."""

    def __init__(
        self, folder: Path, *, read_only: bool = False, name: str = DATABASE_FILE, steps: SchemaSteps = SCHEMA_STEPS
    ) -> None:
        """Opens the file `name` in `folder`, creates both if needed, and updates a file of an older version, of
        which it leaves a copy. read_only: create and change nothing; allowed while another process writes. steps: of
        its tables. Raises StoreError."""
        self.file, self._steps = folder / name, steps
        try:
            self._connection = _open_to_read(self.file) if read_only else _open_to_write(self.file)
        except (OSError, sqlite3.Error) as problem:
            raise StoreError(words("cannot open {file}: {reason}", file=self.file, reason=_reason(problem))) from None
        try:
            self._check_version(read_only)
        except StoreError:
            self._connection.close()
            raise

    def _check_version(self, read_only: bool) -> None:
        version, newest = self.version, len(self._steps)
        if version > newest:
            raise StoreError(
                words(
                    "{file} was made by a newer edge-agent: its schema is {version}, this one knows {newest}; "
                    "update edge-agent, or choose another folder with state_dir",
                    file=self.file,
                    version=version,
                    newest=newest,
                )
            )
        if version < newest and not read_only:
            self._update_schema()
        elif version == 0:
            raise StoreError(words("{file} is empty: give the state folder of a lane that has run", file=self.file))

    def _update_schema(self) -> None:
        if (version := self.version) > 0:
            try:
                copy_before_update(self._connection, self.file, version)
            except (OSError, sqlite3.Error) as problem:
                raise StoreError(_CANNOT_WRITE.format(file=self.file, reason=_reason(problem))) from None
        with self.transaction() as connection:
            # Read again: another process may have updated the file since.
            for statement in (statement for step in self._steps[self.version :] for statement in step):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={len(self._steps)}")

    @property
    def version(self) -> int:
        """How many of the schema's steps have made this file. Raises StoreError."""
        ((version,),) = self.rows("PRAGMA user_version")
        return int(str(version))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commits everything written inside the block to disk at its end, or nothing when the block raises. Inside
        another transaction it becomes a part of that one. Raises StoreError when it cannot be written."""
        with self._inside("BEGIN IMMEDIATE", _CANNOT_WRITE):
            yield self._connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Every read inside the block sees the same state, even while another process writes. Raises StoreError."""
        with self._inside("BEGIN", _CANNOT_READ):
            yield

    def each(self, query: str, *values: object) -> Iterator[tuple[object, ...]]:
        """Iterates over the rows of a SELECT without loading them all. Raises StoreError."""
        with self._translated_errors(_CANNOT_READ):
            yield from self._connection.execute(query, values)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """All rows of a SELECT. Raises StoreError."""
        return list(self.each(query, *values))

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy one consistent state into another database, even while another process writes. Raises StoreError if
        this one cannot be read, and sqlite3.OperationalError if the target cannot be written."""
        try:
            self._connection.backup(target)
        except sqlite3.OperationalError:
            raise
        except sqlite3.Error as problem:
            raise StoreError(_CANNOT_READ.format(file=self.file, reason=_reason(problem))) from None

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _inside(self, begin: str, cannot: Words) -> Iterator[None]:
        if self._connection.in_transaction:
            yield
            return
        with self._translated_errors(cannot):
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _translated_errors(self, cannot: Words) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as problem:
            raise StoreError(cannot.format(file=self.file, reason=_reason(problem))) from None


def _open_to_write(file: Path) -> sqlite3.Connection:
    make_private_folder(file.parent)
    # The mode of another file would be changed through a link.
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise StoreError(words("cannot open {file}: it is a link, or not a regular file: remove it", file=file))
    # Only this user may read the sales. SQLite gives its -wal and -shm files the same mode.
    file.touch(mode=0o600)
    file.chmod(0o600)
    # secure_delete overwrites removed rows instead of only marking them as free.
    return _connect(
        str(file.absolute()), "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA secure_delete=ON"
    )


def _open_to_read(file: Path) -> sqlite3.Connection:
    if not file.exists():
        raise StoreError(words("there is no {file}: give the state folder of a lane that has run", file=file))
    if not os.access(file, os.R_OK):
        raise PermissionError(0, "this user may not read it")
    uri = f"{file.absolute().as_uri()}?mode=ro"
    try:
        return _connect(uri, "PRAGMA schema_version")
    except sqlite3.OperationalError:
        # On a read-only disk SQLite cannot create the files that WAL mode needs. A copy of a database whose agent had
        # stopped does not need them.
        if os.access(file.parent, os.W_OK) or file.with_name(f"{file.name}-wal").exists():
            raise
        return _connect(f"{uri}&immutable=1", "PRAGMA schema_version")


def _connect(name: str, *pragmas: str) -> sqlite3.Connection:
    # A lane is created in one thread and runs in another, but never in two at once.
    connection = sqlite3.connect(
        name, isolation_level=None, timeout=1.0, uri=name.startswith("file:"), check_same_thread=False
    )
    # Damaged text must not prevent reading the other rows.
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        for pragma in pragmas:
            connection.execute(pragma)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _reason(problem: OSError | sqlite3.Error) -> Words:
    text = str((problem.strerror if isinstance(problem, OSError) else None) or problem)
    fixes = (fix for sign, fix in _FIXES.items() if sign in text)
    usual = words("make it readable and writable, or choose another folder with state_dir")
    return joined("; ", [system_words(text), next(fixes, usual)])
