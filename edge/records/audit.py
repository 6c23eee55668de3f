"""The audit log: one record per restricted sale, chained by hashes. Append-only.

Each record contains the hash of the one before. A record that is changed, removed or moved breaks the chain, and
`verify` names it. Marks between the records name the lane, and say which old records were removed, when and under which
setting. Marks are never removed, and every record contains the hash of the newest mark, so that a mark cannot be
changed or removed either.

Someone who can write the file could still write a complete new chain. To detect that, the agent logs the newest hash,
and `verify` accepts a hash that was saved elsewhere.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from edge.records.chain import Head, Mark, StoredRow, chained, made_at
from edge.records.records import SaleRecord
from edge.records.schema import IS_MARK, MARKS_SINCE
from edge.records.verification import ChainVerification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.records.database import Database
    from edge.records.verification import LaneSettings


class Audit:
    """The audit log in the lane's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def head(self) -> Head:
        """The newest row. Raises StoreError."""
        return self._end("newest")

    @property
    def pruned(self) -> Head:
        """The newest record that `prune` has removed. Raises StoreError."""
        return self._end("pruned")

    @property
    def lane(self) -> str | None:
        """The lane that the log belongs to, None before its first mark. Raises StoreError."""
        mark = self._newest_mark()
        return mark.lane if mark else None

    def begin(self, lane: str) -> None:
        """Name the lane in a log of a version that wrote no marks. Raises StoreError."""
        with self._database.transaction():
            if self.head.number and self._newest_mark() is None:
                newest, pruned = self.newest(), self.pruned
                at = newest.opened_at if newest else datetime.fromtimestamp(0, timezone.utc)
                self._write(
                    Mark(mark="lane", lane=lane, at=at, removed=pruned.number, removed_hash=pruned.hash)
                )  # fmt: skip

    def append(self, record: SaleRecord) -> Head:
        """Add a record after the newest one, inside the running transaction if there is one. Raises StoreError."""
        with self._database.transaction():
            mark, pruned = self._newest_mark("lane"), self.pruned
            if mark is None or _month(record.opened_at) > _month(mark.at):
                self._write(
                    Mark(mark="lane", lane=record.lane, at=record.opened_at, removed=pruned.number,
                         removed_hash=pruned.hash)
                )  # fmt: skip
            return self._write(record)

    def records(self) -> Iterator[tuple[Head, SaleRecord]]:
        """Position and content of every sale record that can be parsed, oldest first. Raises StoreError."""
        for row in self._rows():
            if isinstance(content := row.content, SaleRecord):
                yield Head(row.number, row.hash), content

    def newest(self) -> SaleRecord | None:
        """The newest sale record; None without one that can be parsed. Raises StoreError."""
        for row in self._rows(f"WHERE NOT {IS_MARK} ORDER BY number DESC"):
            if isinstance(content := row.content, SaleRecord):
                return content
        return None

    def marks(self) -> Iterator[tuple[Head, Mark]]:
        """Position and content of every mark that can be parsed, oldest first. Raises StoreError."""
        for row in self._rows(f"WHERE {IS_MARK} ORDER BY number"):
            if isinstance(content := row.content, Mark):
                yield Head(row.number, row.hash), content

    def count(self) -> int:
        """How many sale records the log has. Raises StoreError."""
        ((count,),) = self._database.rows(f"SELECT count(*) FROM audit WHERE NOT {IS_MARK}")
        return int(str(count))

    def verify(
        self, known: str | None = None, settings: LaneSettings | None = None, now: datetime | None = None
    ) -> list[str]:  # fmt: skip
        """The problems of the log, one line each; empty when it is complete and unchanged. Raises StoreError.

        known: the hash of a record that was saved elsewhere, which must be in the chain. settings: those of the lane
        whose folder the log is in, if the log must agree with them. now: default: this machine's clock.
        """
        with self._database.snapshot():
            needs_marks = self._database.version >= MARKS_SINCE
            check = ChainVerification(self.pruned, now or datetime.now(timezone.utc), needs_marks=needs_marks)
            seen = {self.pruned.hash}
            for row in self._rows():
                seen.add(row.hash)
                check.add(row)
            problems = check.finish(self.head, settings)
            if known is not None and known not in seen:
                problems.append(self._missing_hash(known))
        return problems

    def prune(self, now: datetime, keep_days: int) -> int:
        """Remove the oldest records, up to the first sale that was opened less than `keep_days` before `now`. Returns
        how many. A mark says so, and the chain continues, so that it can still be verified. Raises StoreError.

        The date of a record that was changed or cannot be parsed is not trusted: it is removed together with the
        next intact record after it. No record is removed while a mark before it is younger than `keep_days`: it proves
        that the record is younger, too.
        """
        with self._database.transaction() as connection:
            last, opened_at = None, datetime.min.replace(tzinfo=timezone.utc)
            for last in self._records_before(now - timedelta(days=keep_days)):
                opened_at = max(opened_at, last[1].opened_at)
            if last is None:
                removal = self._newest_mark("pruned")
                if removal and removal.keep_days != keep_days:
                    self._write(removal.model_copy(update={"at": now, "keep_days": keep_days}))
                return 0
            head, sale = last
            connection.execute(
                "UPDATE audit_end SET number = ?, hash = ? WHERE which = 'pruned'", (head.number, head.hash)
            )
            query = f"DELETE FROM audit WHERE number <= ? AND NOT {IS_MARK}"
            removed = connection.execute(query, (head.number,)).rowcount
            self._write(
                Mark(mark="pruned", lane=self.lane or sale.lane, at=now, removed=head.number, removed_hash=head.hash,
                     keep_days=keep_days, opened_at=opened_at)
            )  # fmt: skip
        return removed

    def _records_before(self, moment: datetime) -> Iterator[tuple[Head, SaleRecord]]:
        """The oldest intact records, up to the first sale or mark of this time or later."""
        for row in self._rows():
            if not row.intact or not (content := row.content):
                continue
            if made_at(content) >= moment:
                return
            if isinstance(content, SaleRecord):
                yield Head(row.number, row.hash), content

    def _write(self, content: SaleRecord | Mark) -> Head:
        """Append a row to the chain."""
        with self._database.transaction() as connection:
            newest, text = self.head, content.model_dump_json()
            # Also the hash of a mark that was changed since: `verify` then reports the mark, and not what follows.
            marks = [row.hash for row in self._rows(f"WHERE {IS_MARK} ORDER BY number DESC LIMIT 1")]
            number, before = newest.number + 1, " ".join([newest.hash, *marks])
            head = Head(number, chained(before, number, text))
            connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (number, text, before, head.hash))
            connection.execute("UPDATE audit_end SET number = ?, hash = ? WHERE which = 'newest'", (number, head.hash))
        return head

    def _newest_mark(self, *kinds: str) -> Mark | None:
        """The newest intact mark of these kinds, or of any."""
        for row in self._rows(f"WHERE {IS_MARK} ORDER BY number DESC"):
            if row.intact and isinstance(mark := row.content, Mark) and (not kinds or mark.mark in kinds):
                return mark
        return None

    def _end(self, which: str) -> Head:
        rows = self._database.rows("SELECT number, hash FROM audit_end WHERE which = ?", which)
        return Head(*rows[0]) if rows else Head(0, "")  # type: ignore[arg-type]

    def _rows(self, which: str = "ORDER BY number") -> Iterator[StoredRow]:
        for row in self._database.each(f"SELECT number, record, before, hash FROM audit {which}"):
            yield StoredRow(*row)  # type: ignore[arg-type]

    def _missing_hash(self, known: str) -> str:
        text = f"no record has the hash {known}: the newest one is number {self.head.number}"
        return f"{text}, and {self.pruned.number} were pruned" if self.pruned.number else text


def _month(moment: datetime) -> tuple[int, int]:
    moment = moment.astimezone(timezone.utc)
    return moment.year, moment.month
