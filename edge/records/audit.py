"""The audit log: one record per restricted sale, chained by hashes. Append-only.

Each record contains the hash of the one before. A record that is changed, removed or moved breaks the chain, and
`verify` names it. Someone who can write the file could still write a complete new chain. To detect that, the agent logs
the newest hash, and `verify` accepts a hash that was saved elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edge.records.records import SaleRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.records.database import Database


@dataclass(frozen=True, slots=True)
class Head:
    """The position of a record in the chain: its number, 0 for an empty log, and its hash."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class _StoredRecord:
    """A row of the audit table. text: the record in JSON. before: the hash of the record before, at the time of
    writing."""

    number: int
    text: str
    before: str
    hash: str

    @property
    def intact(self) -> bool:
        """Whether the hash matches the content."""
        return chained(self.before, self.number, self.text) == self.hash

    @property
    def record(self) -> SaleRecord | None:
        """The parsed record, None when it cannot be parsed."""
        try:
            return SaleRecord.model_validate_json(self.text)
        except ValidationError:
            return None


class Audit:
    """The audit log in the lane's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def head(self) -> Head:
        """The newest record. Raises StoreError."""
        return self._end("newest")

    @property
    def pruned(self) -> Head:
        """The newest record that `prune` has removed. Raises StoreError."""
        return self._end("pruned")

    def append(self, record: SaleRecord) -> Head:
        """Add a record after the newest one, inside the running transaction if there is one. Raises StoreError."""
        with self._database.transaction() as connection:
            before, text = self.head, record.model_dump_json()
            number = before.number + 1
            head = Head(number, chained(before.hash, number, text))
            connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (number, text, before.hash, head.hash))
            connection.execute("UPDATE audit_end SET number = ?, hash = ? WHERE which = 'newest'", (number, head.hash))
        return head

    def records(self) -> Iterator[tuple[Head, SaleRecord]]:
        """Position and content of every record that can be parsed, oldest first. Raises StoreError."""
        for stored in self._stored_records():
            if record := stored.record:
                yield Head(stored.number, stored.hash), record

    def verify(self, known: str | None = None) -> list[str]:
        """The problems of the chain, one line each; empty when it is complete and unchanged. Raises StoreError.

        known: the hash of a record that was saved elsewhere, which must be in the chain.
        """
        with self._database.snapshot():
            pruned, problems = self.pruned, []
            last, last_intact, seen = pruned, True, {pruned.hash}
            for stored in self._stored_records():
                seen.add(stored.hash)
                if stored.number <= pruned.number:
                    problems.append(f"record {stored.number} was pruned, but is in the log")
                    continue
                problems += _break_before(stored, last, last_intact)
                if not stored.intact:
                    problems.append(f"record {stored.number} was changed, or moved here from another place")
                elif stored.record is None:
                    problems.append(f"record {stored.number} is unchanged, but this edge-agent cannot read it")
                last, last_intact = Head(stored.number, stored.hash), stored.intact
            problems += _break_at_end(last, last_intact, self.head)
            if known is not None and known not in seen:
                problems.append(self._missing_hash(known))
        return problems

    def prune(self, older_than: datetime) -> int:
        """Remove the oldest records, up to the first sale that was opened at `older_than` or later. Returns how many.
        The chain continues from the last removed record, so that it can still be verified. Raises StoreError.

        The date of a record that was changed or cannot be parsed is not trusted: it is removed together with the
        next intact record after it.
        """
        with self._database.transaction() as connection:
            last = None
            for stored in self._stored_records():
                if not stored.intact or not (record := stored.record):
                    continue
                if record.opened_at >= older_than:
                    break
                last = stored
            if not last:
                return 0
            connection.execute(
                "UPDATE audit_end SET number = ?, hash = ? WHERE which = 'pruned'", (last.number, last.hash)
            )
            return connection.execute("DELETE FROM audit WHERE number <= ?", (last.number,)).rowcount

    def _end(self, which: str) -> Head:
        rows = self._database.rows("SELECT number, hash FROM audit_end WHERE which = ?", which)
        return Head(*rows[0]) if rows else Head(0, "")  # type: ignore[arg-type]

    def _stored_records(self) -> Iterator[_StoredRecord]:
        for row in self._database.each("SELECT number, record, before, hash FROM audit ORDER BY number"):
            yield _StoredRecord(*row)  # type: ignore[arg-type]

    def _missing_hash(self, known: str) -> str:
        text = f"no record has the hash {known}: the newest one is number {self.head.number}"
        return f"{text}, and {self.pruned.number} were pruned" if self.pruned.number else text


def chained(before: str, number: int, text: str) -> str:
    """SHA-256, in hex, of three lines: the hash of the record before, the number, and the record's JSON."""
    return hashlib.sha256(f"{before}\n{number}\n{text}".encode(errors="surrogateescape")).hexdigest()


def _break_before(stored: _StoredRecord, last: Head, last_intact: bool) -> list[str]:
    """The problem between a record and the one before it in the file: a gap, or a record that was replaced."""
    if stored.number > last.number + 1:
        return [_missing(last.number + 1, stored.number - 1)]
    # Report the changed record only; the broken link after it adds nothing.
    if stored.intact and last_intact and stored.before != last.hash:
        return [f"record {last.number} is not the one that record {stored.number} was written after"]
    return []


def _break_at_end(last: Head, last_intact: bool, newest: Head) -> list[str]:
    """The problem at the end of the file. newest: the position that was saved when the newest record was written."""
    if last.number < newest.number:
        return [_missing(last.number + 1, newest.number)]
    if last.number > newest.number:
        return [f"record {newest.number} was saved as the newest, but there is a record {last.number}"]
    if last_intact and last.hash != newest.hash:
        return [f"record {last.number} is not the one that was saved as the newest"]
    return []


def _missing(first: int, last: int) -> str:
    return f"record {first} is missing" if first == last else f"records {first} to {last} are missing"
