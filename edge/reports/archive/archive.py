"""Writes what is new in an audit log into its archive: whole days, and the head of the chain."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from edge import __version__
from edge.language.words import Words, words
from edge.records.audit import Audit
from edge.records.chain import StoredRow
from edge.records.database import Database
from edge.reports.archived import ArchivedHead, ArchivedRestore, UnreadableArchiveError, day_of, read_head

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from edge.reports.archived import LaneArchive
    from edge.settings.config import Settings


@dataclass(frozen=True, slots=True)
class ArchivedLane:
    """What was written. rows, days: how many are new. head: of the chain. doubt: why the log is not the one that was
    archived before; None if it is."""

    rows: int
    days: int
    head: ArchivedHead
    doubt: Words | None


def archive_log(lane: Settings, archive: LaneArchive, now: datetime, *, remove_old: bool) -> ArchivedLane:
    """Write the days that the archive does not have yet, without today, and the head.

    now: in UTC. remove_old: delete archived days of which the log itself has removed all records. Raises StoreError,
    and OSError if the archive cannot be read or written.
    """
    with closing(Database(lane.state_dir, read_only=True)) as database:
        with database.snapshot():
            head, doubt = _head(database, lane, now), _doubt(database, archive)
            until = _archived_until(database, archive)
        rows = days = 0
        # Later: an error of the archive must not look like one of the database.
        with closing(_rows_between(database, until, head.number)) as new:
            for day, group in groupby(new, _Days()):
                batch = list(group)
                if day == f"{now:%Y-%m-%d}" and batch[-1].number == head.number:
                    break
                archive.write_day(day, batch)
                rows, days = rows + len(batch), days + 1
    # Last: a head tells of days that are there.
    archive.write_head(head)
    if remove_old:
        for old in archive.days():
            if old.last <= head.pruned:
                old.file.unlink(missing_ok=True)
    return ArchivedLane(rows, days, head, doubt)


class _Days:
    """The day of each row, one after another. A row without a date of its own belongs to the day of the row before."""

    def __init__(self) -> None:
        self._day = "0000-00-00"

    def __call__(self, row: StoredRow) -> str:
        self._day = day_of(row) or self._day
        return self._day


def _head(database: Database, lane: Settings, now: datetime) -> ArchivedHead:
    audit = Audit(database)
    newest, pruned = audit.head, audit.pruned
    restores = tuple(
        ArchivedRestore(number=head.number, hash=head.hash, at=mark.at, replaced=mark.replaced)
        for head, mark in audit.marks()
        if mark.mark == "restored"
    )
    return ArchivedHead(
        store=lane.store, box=lane.box, lane=lane.lane, number=newest.number, hash=newest.hash, at=now,
        pruned=pruned.number, pruned_hash=pruned.hash, restores=restores, agent=__version__,
    )  # fmt: skip


def _archived_until(database: Database, archive: LaneArchive) -> int:
    """The number of the newest archived row that is still in the log; 0 if there is none. After a restore the log has
    other rows under numbers that were archived before."""
    for day in sorted(archive.days(), key=lambda day: -day.last):
        if (_hash_of(database, day.last) or "").startswith(day.key):
            return day.last
    return 0


def _doubt(database: Database, archive: LaneArchive) -> Words | None:
    """Why the log does not continue the newest head of the archive."""
    for file in reversed(archive.head_files()):
        try:
            before = read_head(file)
        except UnreadableArchiveError:
            continue
        audit = Audit(database)
        if before.number <= audit.pruned.number or _hash_of(database, before.number) == before.hash:
            return None
        restored = [mark for head, mark in audit.marks() if mark.mark == "restored" and head.number <= before.number]
        if any(mark.replaced is None or mark.replaced >= before.number for mark in restored):
            return None
        text = words(
            "on {date} its newest record was number {number} with hash {hash}, which is not in it any more",
            date=before.at, number=before.number, hash=before.hash,
        )  # fmt: skip
        return words("{text}: it was rolled back or rewritten, or another box has the same name", text=text)
    return None


def _rows_between(database: Database, until: int, newest: int) -> Generator[StoredRow, None, None]:
    query = "SELECT number, record, before, hash FROM audit WHERE number > ? AND number <= ? ORDER BY number"
    for row in database.each(query, until, newest):
        yield StoredRow(*row)  # type: ignore[arg-type]


def _hash_of(database: Database, number: int) -> str | None:
    return next((str(found) for (found,) in database.rows("SELECT hash FROM audit WHERE number = ?", number)), None)
