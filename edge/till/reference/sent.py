"""The till's state file: what must survive a power cut, as JSON lines. Append-only, and on disk before it is used."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Protocol

from pydantic import ValidationError

from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.till.reference.steps import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class StateLog(Protocol):
    """Keeps the entries of one session."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Those that were there at the start."""

    def write(self, entries: Iterable[Entry]) -> None:
        """Keep more of them."""


class SentLog:
    """The state file of one till, locked while it is open."""

    def __init__(self, file: Path) -> None:
        """Reads the existing lines into `entries`, and creates the file if needed. Raises UsageError for a file that
        cannot be written, is open in another till, or is not a state file."""
        try:
            self._opened = file.open("a+b")
        except OSError as problem:
            raise UsageError(
                words("cannot write the state {file}: {reason}", file=file, reason=system_words(problem))
            ) from None
        try:
            self.entries = self._read(file)
        except BaseException:
            self._opened.close()
            raise

    def _read(self, file: Path) -> list[Entry]:
        try:
            fcntl.flock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                words("{file} is in use by another till: give each till a --state of its own", file=file)
            ) from None
        self._opened.seek(0)
        complete, _, torn = self._opened.read().rpartition(b"\n")
        if torn:
            # The power failed during this write, so no message that depends on it was sent.
            self._opened.truncate(self._opened.tell() - len(torn))
        entries = []
        for number, line in enumerate(complete.splitlines(), start=1):
            try:
                entries.append(Entry.model_validate_json(line))
            except ValidationError:
                raise UsageError(
                    words(
                        "{file} line {line} is not what a till writes: give another file, or remove it if no sale is "
                        "open",
                        file=file,
                        line=number,
                    )
                ) from None
        return entries

    def write(self, entries: Iterable[Entry]) -> None:
        """Append entries, and force them to disk. Raises RunError when that fails."""
        lines = "".join(entry.model_dump_json(exclude_none=True) + "\n" for entry in entries)
        try:
            self._opened.write(lines.encode())
            self._opened.flush()
            os.fsync(self._opened.fileno())
        except OSError as problem:
            raise RunError(
                words(
                    "cannot write the state {file}: {reason}; free some space",
                    file=self._opened.name,
                    reason=system_words(problem),
                )
            ) from None

    def close(self) -> None:
        self._opened.close()


class LaneLog:
    """The entries of one lane in the state file of an attendant of several lanes."""

    def __init__(self, sent_log: SentLog, lane: str) -> None:
        """lane: its address."""
        self._sent_log, self._lane = sent_log, lane
        self.entries = [entry for entry in sent_log.entries if entry.lane == lane]

    def write(self, entries: Iterable[Entry]) -> None:
        self._sent_log.write(entry.model_copy(update={"lane": self._lane}) for entry in entries)
