"""The audit log: one record for every restricted sale, each with the hash of the one before. Append-only.

A record that is changed, removed or put elsewhere breaks the chain, and `verify` says where. Whoever can write the file
can also write a whole new chain, or leave out the newest records: against that, the agent logs the newest hash, and
`verify` takes one that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edge.records import SaleRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.database import Database


@dataclass(frozen=True, slots=True)
class Head:
    """The newest record: its number, 0 when there was none yet, and its hash."""

    number: int
    hash: str


class Audit:
    """The log in the lane's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def head(self) -> Head:
        """Raises StoreError."""
        rows = self._database.rows("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
        return Head(*rows[0]) if rows else self._pruned()  # type: ignore[arg-type]

    def append(self, record: SaleRecord) -> Head:
        """Write a record behind the newest one; part of a transaction that is under way. Raises StoreError."""
        with self._database.transaction() as connection:
            before, text = self.head, record.model_dump_json()
            head = Head(before.number + 1, chained(before.hash, before.number + 1, text))
            connection.execute("INSERT INTO audit VALUES (?, ?, ?)", (head.number, text, head.hash))
        return head

    def records(self) -> Iterator[tuple[int, SaleRecord]]:
        """Number and content of every record that can be read, oldest first. Raises StoreError."""
        for number, text, _ in self._rows():
            try:
                yield number, SaleRecord.model_validate_json(text)
            except ValidationError:
                continue

    def verify(self, known: str | None = None) -> list[str]:
        """What is wrong with the chain, a line each; empty when nothing is. Raises StoreError.

        known: the hash of a record as it was noted elsewhere; it must be in the chain.
        """
        pruned, problems = self._pruned(), []
        expected, before, seen = pruned.number + 1, pruned.hash, {pruned.hash}
        for number, text, written in self._rows():
            if number > expected:
                last = f"{expected}" if number == expected + 1 else f"{expected} to {number - 1}"
                problems.append(f"record {last} is missing")
            elif number < expected:
                problems.append(f"record {number} stands behind record {expected - 1}, where pruning had left none")
            elif chained(before, number, text) != written:
                problems.append(f"record {number} was changed, or stands where another one was")
            try:
                SaleRecord.model_validate_json(text)
            except ValidationError:
                problems.append(f"record {number} cannot be read")
            expected, before = number + 1, written
            seen.add(written)
        if known is not None and known not in seen:
            problems.append(f"the record with hash {known} is not there: the newest one is number {expected - 1}")
        return problems

    def prune(self, older_than: datetime) -> int:
        """Remove the oldest records up to the first one that was opened since; returns how many. The chain goes on
        from the last one removed, so that it can still be verified. Raises StoreError."""
        with self._database.transaction() as connection:
            last, removed = None, 0
            for number, text, written in self._rows():
                if SaleRecord.model_validate_json(text).opened_at >= older_than:
                    break
                last, removed = Head(number, written), removed + 1
            if last:
                connection.execute("UPDATE audit_pruned SET number = ?, hash = ?", (last.number, last.hash))
                connection.execute("DELETE FROM audit WHERE number <= ?", (last.number,))
        return removed

    def _pruned(self) -> Head:
        return Head(*self._database.rows("SELECT number, hash FROM audit_pruned")[0])  # type: ignore[arg-type]

    def _rows(self) -> list[tuple[int, str, str]]:
        return self._database.rows("SELECT number, record, hash FROM audit ORDER BY number")  # type: ignore[return-value]


def chained(before: str, number: int, text: str) -> str:
    """SHA-256, in hex, of the hash before, the number and the record's JSON, a line each."""
    return hashlib.sha256(f"{before}\n{number}\n{text}".encode()).hexdigest()
