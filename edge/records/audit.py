"""The audit log: one record for every restricted sale, each with the hash of the one before. Append-only.

A record that is changed, removed or put elsewhere breaks the chain, and `verify` says which. Whoever can write the file
can also write a whole new chain: against that, the agent logs the newest hash, and `verify` takes one that was noted
elsewhere.
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
    """A record by its number, 0 when there is none, and its hash."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class _Link:
    """A record as it stands in the file. before: the hash that the record before had when this one was written."""

    number: int
    text: str
    before: str
    hash: str

    @property
    def sound(self) -> bool:
        return chained(self.before, self.number, self.text) == self.hash

    @property
    def record(self) -> SaleRecord | None:
        """None when it cannot be read."""
        try:
            return SaleRecord.model_validate_json(self.text)
        except ValidationError:
            return None


class Audit:
    """The log in the lane's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def head(self) -> Head:
        """The newest record. Raises StoreError."""
        return self._end("newest")

    @property
    def pruned(self) -> Head:
        """The newest of the records that were removed because of their age. Raises StoreError."""
        return self._end("pruned")

    def append(self, record: SaleRecord) -> Head:
        """Write a record behind the newest one; part of a transaction that is under way. Raises StoreError."""
        with self._database.transaction() as connection:
            before, text = self.head, record.model_dump_json()
            number = before.number + 1
            head = Head(number, chained(before.hash, number, text))
            connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (number, text, before.hash, head.hash))
            connection.execute("UPDATE audit_end SET number = ?, hash = ? WHERE which = 'newest'", (number, head.hash))
        return head

    def records(self) -> Iterator[tuple[Head, SaleRecord]]:
        """Head and content of every record that can be read, oldest first. Raises StoreError."""
        for link in self._links():
            if record := link.record:
                yield Head(link.number, link.hash), record

    def verify(self, known: str | None = None) -> list[str]:
        """What is wrong with the chain, a line each; empty when nothing is. Raises StoreError.

        known: the hash of a record as it was noted elsewhere; it must be in the chain.
        """
        with self._database.snapshot():
            pruned, problems = self.pruned, []
            last, last_sound, seen = pruned, True, {pruned.hash}
            for link in self._links():
                seen.add(link.hash)
                if link.number <= pruned.number:
                    problems.append(f"record {link.number} is one of those that were pruned, and yet it is there")
                    continue
                problems += _between(last, last_sound, link)
                if not link.sound:
                    problems.append(f"record {link.number} was changed, or stands where another one was")
                elif link.record is None:
                    problems.append(f"record {link.number} is as it was written, but this edge-agent cannot read it")
                last, last_sound = Head(link.number, link.hash), link.sound
            problems += _behind(last, last_sound, self.head)
            if known is not None and known not in seen:
                problems.append(self._not_there(known))
        return problems

    def prune(self, older_than: datetime) -> int:
        """Remove the oldest records up to the first one that was opened since; returns how many. The chain goes on
        from the last one removed, so that it can still be verified. Raises StoreError.

        The date of a record that was changed or cannot be read is not believed: the record goes when a sound one
        behind it does.
        """
        with self._database.transaction() as connection:
            last = None
            for link in self._links():
                if not link.sound or not (record := link.record):
                    continue
                if record.opened_at >= older_than:
                    break
                last = link
            if not last:
                return 0
            connection.execute(
                "UPDATE audit_end SET number = ?, hash = ? WHERE which = 'pruned'", (last.number, last.hash)
            )
            return connection.execute("DELETE FROM audit WHERE number <= ?", (last.number,)).rowcount

    def _end(self, which: str) -> Head:
        rows = self._database.rows("SELECT number, hash FROM audit_end WHERE which = ?", which)
        return Head(*rows[0]) if rows else Head(0, "")  # type: ignore[arg-type]

    def _links(self) -> Iterator[_Link]:
        for row in self._database.each("SELECT number, record, before, hash FROM audit ORDER BY number"):
            yield _Link(*row)  # type: ignore[arg-type]

    def _not_there(self, known: str) -> str:
        text = f"no record has the hash {known}: the newest one is number {self.head.number}"
        return f"{text}, and {self.pruned.number} were pruned" if self.pruned.number else text


def chained(before: str, number: int, text: str) -> str:
    """SHA-256, in hex, of the hash before, the number and the record's JSON, a line each."""
    return hashlib.sha256(f"{before}\n{number}\n{text}".encode(errors="surrogateescape")).hexdigest()


def _between(last: Head, last_sound: bool, link: _Link) -> list[str]:
    """What is wrong between two records that follow each other in the file."""
    if link.number > last.number + 1:
        return [_missing(last.number + 1, link.number - 1)]
    # A record that was changed is named for itself; whether the next one follows from it says nothing more.
    if link.sound and last_sound and link.before != last.hash:
        return [f"record {last.number} is not the one that record {link.number} was written behind"]
    return []


def _behind(last: Head, last_sound: bool, newest: Head) -> list[str]:
    """What is wrong behind the last record in the file, by what was noted of the newest one."""
    if last.number < newest.number:
        return [_missing(last.number + 1, newest.number)]
    if last.number > newest.number:
        return [f"record {newest.number} was noted as the newest, and yet there is a record {last.number}"]
    if last_sound and last.hash != newest.hash:
        return [f"record {last.number} is not the one that was noted as the newest"]
    return []


def _missing(first: int, last: int) -> str:
    return f"record {first} is missing" if first == last else f"records {first} to {last} are missing"
