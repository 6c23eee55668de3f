"""What a till must not forget when its power goes: JSON lines, on disk before anybody relies on them. Append-only."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edge.errors import RunError, UsageError
from edge.till.reference.steps import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class SentLog:
    """One till's file, and nobody else's while it is open."""

    def __init__(self, file: Path) -> None:
        """Reads what is there into `entries`. Raises UsageError for a file that is another till's, or no journal."""
        try:
            self._opened = file.open("a+b")
        except OSError as problem:
            raise UsageError(f"cannot write the state {file}: {problem.strerror}") from None
        try:
            self.entries = self._read(file)
        except BaseException:
            self._opened.close()
            raise

    def _read(self, file: Path) -> list[Entry]:
        try:
            fcntl.flock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"{file} is in use by another till: give each till a --state of its own") from None
        self._opened.seek(0)
        whole, _, torn = self._opened.read().rpartition(b"\n")
        if torn:
            # The power went while this was written; nothing that depends on it has been said to anybody.
            self._opened.truncate(self._opened.tell() - len(torn))
        entries = []
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                entries.append(Entry.model_validate_json(line))
            except ValidationError:
                mend = "give another file, or remove it if no sale is open"
                raise UsageError(f"{file} line {number} is not what a till writes: {mend}") from None
        return entries

    def write(self, entries: Iterable[Entry]) -> None:
        """On disk when this returns. Raises RunError when the disk does not let us."""
        lines = "".join(entry.model_dump_json(exclude_none=True) + "\n" for entry in entries)
        try:
            self._opened.write(lines.encode())
            self._opened.flush()
            os.fsync(self._opened.fileno())
        except OSError as problem:
            raise RunError(f"cannot write the state {self._opened.name}: {problem.strerror}; free some space") from None

    def close(self) -> None:
        self._opened.close()
