"""The audit log: one record per restricted sale and per change of settings, chained by hashes. Append-only.

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

from edge.clock.dates import written_by_dates
from edge.language.words import Words, words
from edge.records.believed import WrittenTimes
from edge.records.chain import CLOCK_TOLERANCE, Head, Mark, StoredRow, chained, date_of, proven_dates
from edge.records.changes import SettingsChange
from edge.records.records import SaleRecord
from edge.records.schema import IS_MARK, IS_SALE, MARKS_SINCE
from edge.records.verification import ChainVerification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edge.records.chain import AnyRecord
    from edge.records.database import Database
    from edge.records.verification import LaneSettings

_SET_BACK = timedelta(days=31)
"""A record that is dated so long before the newest mark shows that the clock was set back. A sale may be recorded a
day after it was opened: it was suspended."""


class Audit:
    """The audit log in the lane's database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._written = WrittenTimes(database, "audit")

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
                newest = self.newest()
                self._write_lane_mark(lane, newest.opened_at if newest else datetime.fromtimestamp(0, timezone.utc))

    def append(self, record: AnyRecord, written_s: float | None = None) -> Head:
        """Add a record after the newest one, inside the running transaction if there is one. written_s: the believed
        time; without it the record is only removed once `estimate_times` has estimated it. Raises StoreError."""
        with self._database.transaction():
            mark, date = self._newest_mark("lane"), date_of(record)
            if mark is None or _month(date) > _month(mark.at) or date < mark.at - _SET_BACK:
                self._write_lane_mark(record.lane, date)
            head = self._write(record)
            if written_s is not None:
                self._written.put({str(head.number): written_s})
        return head

    def estimate_times(self, wall_s: float, now_s: float) -> None:
        """Give each record that an older edge-agent wrote its believed time, from the dates in all of them; see
        `written_by_dates` for wall_s and now_s. Raises StoreError."""
        written = self._written.all()
        rows = self._database.rows(
            "SELECT number, CASE WHEN json_valid(record) THEN strftime('%s', "
            "coalesce(record ->> '$.opened_at', record ->> '$.at')) END FROM audit "
            f"WHERE NOT {IS_MARK} ORDER BY number"
        )
        old = {str(number): date for number, date in rows if str(number) not in written}
        dates = [None if date is None else float(str(date)) for date in old.values()]
        times = written_by_dates(dates, wall_s, min(written.values(), default=now_s))
        self._written.put(dict(zip(old, times, strict=True)))

    def records(self) -> Iterator[tuple[Head, SaleRecord]]:
        """Position and content of every sale record that can be parsed, oldest first. Raises StoreError."""
        for row in self._rows():
            if isinstance(content := row.content, SaleRecord):
                yield Head(row.number, row.hash), content

    def changes(self) -> Iterator[tuple[Head, SettingsChange]]:
        """Position and content of every change of settings that can be parsed, oldest first. Raises StoreError."""
        for row in self._rows(f"WHERE NOT {IS_MARK} AND NOT ({IS_SALE}) ORDER BY number"):
            if isinstance(content := row.content, SettingsChange):
                yield Head(row.number, row.hash), content

    def newest(self) -> SaleRecord | None:
        """The newest sale record; None without one that can be parsed. Raises StoreError."""
        for row in self._rows(f"WHERE {IS_SALE} ORDER BY number DESC"):
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
        ((count,),) = self._database.rows(f"SELECT count(*) FROM audit WHERE {IS_SALE}")
        return int(str(count))

    def verify(
        self, known: str | None = None, settings: LaneSettings | None = None, now: datetime | None = None
    ) -> list[Words]:  # fmt: skip
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

    def prune(self, now: datetime, keep_days: int, is_old: Callable[[float], bool]) -> int:
        """Remove the oldest records, up to the first one that must be kept. Returns how many. A mark says so, and the
        chain continues, so that it can still be verified. Raises StoreError.

        is_old: whether something that was written at a believed time is older than `keep_days`. now: the wall clock. A
        record is also kept while its date is less than `keep_days` before `now`. A date in the future is wrong, and
        keeps nothing: the records after it are removed in their time.

        The date of a record that was changed or cannot be parsed is not trusted: it is removed together with the
        next intact record after it. No record is removed while a mark before it is younger than `keep_days`: it proves
        that the record is younger, too.
        """
        moment = now - timedelta(days=keep_days)
        with self._database.transaction() as connection:
            old = [*self._old_records(moment, now + CLOCK_TOLERANCE, is_old)]
            if not old:
                removal = self._newest_mark("pruned")
                if removal and removal.keep_days != keep_days:
                    self._write(removal.model_copy(update={"at": now, "keep_days": keep_days}))
                return 0
            (head, newest), dates = old[-1], [date for _, record in old if (date := date_of(record)) < moment]
            if any(date and date > now for date in proven_dates(mark for _, mark in self.marks())):
                # The clock was ahead and was set back. Otherwise these dates would prove later that the records were
                # removed too early.
                self._write_lane_mark(self.lane or newest.lane, now)
            connection.execute(
                "UPDATE audit_end SET number = ?, hash = ? WHERE which = 'pruned'", (head.number, head.hash)
            )
            query = f"DELETE FROM audit WHERE number <= ? AND NOT {IS_MARK}"
            removed = connection.execute(query, (head.number,)).rowcount
            self._written.remove(name for name in self._written.all() if int(name) <= head.number)
            self._write(
                Mark(mark="pruned", lane=self.lane or newest.lane, at=now, removed=head.number, removed_hash=head.hash,
                     keep_days=keep_days, opened_at=max(dates, default=moment - timedelta(seconds=1)))
            )  # fmt: skip
        return removed

    def note_restore(self, lane: str, at: datetime, replaced: Head | None) -> Head:
        """Write the mark of a log that was restored from a backup. replaced: the newest row of the database before,
        None if it could not be read. lane: names a log without marks. Raises StoreError."""
        with self._database.transaction():
            pruned, number, text = self.pruned, replaced and replaced.number, replaced and replaced.hash
            return self._write(
                Mark(mark="restored", lane=self.lane or lane, at=at, removed=pruned.number, removed_hash=pruned.hash,
                     replaced=number, replaced_hash=text)
            )  # fmt: skip

    def _old_records(
        self, moment: datetime, future: datetime, is_old: Callable[[float], bool]
    ) -> Iterator[tuple[Head, AnyRecord]]:  # fmt: skip
        """The oldest intact records, up to the first one to keep and the first mark between `moment` and `future`."""
        rows = (row for row in self._rows(f"WHERE {IS_MARK} ORDER BY number") if row.intact)
        marks = {row.number: row.content for row in rows if isinstance(row.content, Mark)}
        dates = dict(zip(marks, proven_dates(marks.values()), strict=True))
        written = self._written.all()
        for row in self._rows():
            if not row.intact or not (content := row.content):
                continue
            date = dates[row.number] if isinstance(content, Mark) else date_of(content)
            if date and moment <= date <= future:
                return
            if not isinstance(content, Mark):
                if (written_s := written.get(str(row.number))) is None or not is_old(written_s):
                    return
                yield Head(row.number, row.hash), content

    def _write(self, content: AnyRecord | Mark) -> Head:
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

    def _write_lane_mark(self, lane: str, at: datetime) -> None:
        pruned = self.pruned
        self._write(Mark(mark="lane", lane=lane, at=at, removed=pruned.number, removed_hash=pruned.hash))

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

    def _missing_hash(self, known: str) -> Words:
        text = words(
            "no record has the hash {hash}: the newest one is number {number}", hash=known, number=self.head.number
        )
        if not self.pruned.number:
            return text
        return words("{missing}, and {n} were pruned", missing=text, n=self.pruned.number)


def _month(moment: datetime) -> tuple[int, int]:
    moment = moment.astimezone(timezone.utc)
    return moment.year, moment.month
