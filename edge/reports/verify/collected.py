"""Checks what was collected from one lane: its days and heads must be one chain, from the oldest to the newest.

Somebody who controls a box can write a whole new log, with valid hashes. He cannot change the days and heads that are
already elsewhere, so a log that does not continue them was rolled back or rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from edge.language.system import system_words
from edge.language.words import Words, counted, verbatim, words
from edge.records.audit import Audit
from edge.records.chain import CLOCK_TOLERANCE, Head
from edge.records.database import DATABASE_FILE, Database, StoreError
from edge.reports.archived import (
    ArchivedHead,
    ArchivedRestore,
    LaneArchive,
    UnreadableArchiveError,
    read_day,
    read_head,
    safe_name,
)
from edge.reports.verify.branches import Branches, CollectedChain, RowGap

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class CollectedLane:
    """name: store, box and lane. newest: the newest head; None if there is none. records: how many rows were collected.
    problems: what shows that something was changed, removed or is not collected any more. restores: from backups, as
    the newest head lists them."""

    name: tuple[str, str, str]
    newest: ArchivedHead | None
    records: int
    problems: Sequence[Words]
    restores: Sequence[ArchivedRestore]


def check_lane(archive: LaneArchive, now: datetime, silent_after: timedelta) -> CollectedLane:
    """silent_after: a lane of which no head is younger has a problem."""
    problems: list[Words] = []
    heads = sorted(_heads(archive, problems), key=lambda head: head.at)
    branches = _branches(archive, problems)
    if not heads:
        problems.append(words("no head was ever collected"))
        return CollectedLane(archive.name, None, branches.count, problems, ())
    newest, chain = heads[-1], branches.main([Head(head.number, head.hash) for head in reversed(heads)])
    restores = newest.restores
    for restore in restores:
        if any(head.number == restore.number and head.hash != restore.hash for head in chain.rows):
            # What came after it was not collected yet.
            chain = chain.until(restore.number - 1)
    problems += _missing(chain.gaps, newest.pruned, min(head.pruned for head in heads))
    problems += _left(branches.beside(chain), restores)
    problems += _heads_beside(heads, chain, restores)
    problems += _silence(newest, now, silent_after)
    if (archive.folder / DATABASE_FILE).exists():
        try:
            problems += _database_problems(archive.folder, heads)
        except StoreError as problem:
            problems.append(verbatim(problem))
    name = (newest.store, newest.box, newest.lane)
    return CollectedLane(name, newest, branches.count, problems, restores)


def _heads(archive: LaneArchive, problems: list[Words]) -> Iterator[ArchivedHead]:
    for file in archive.head_files():
        try:
            head = read_head(file)
        except (UnreadableArchiveError, OSError) as problem:
            problems.append(_unreadable(file, problem))
            continue
        if (names := tuple(map(safe_name, (head.store, head.box, head.lane)))) != archive.name:
            problems.append(words("{file} is of {other}", file=file.name, other="/".join(names)))
        else:
            yield head


def _branches(archive: LaneArchive, problems: list[Words]) -> Branches:
    branches = Branches()
    for day in archive.days():
        try:
            for row in read_day(day):
                branches.add(row)
                if not row.intact:
                    problems.append(words("record {number} was changed in {file}", number=row.number,
                                          file=day.file.name))  # fmt: skip
        except (UnreadableArchiveError, OSError) as problem:
            problems.append(_unreadable(day.file, problem))
    return branches


def _missing(gaps: Sequence[RowGap], pruned: int, pruned_at_first: int) -> Iterator[Words]:
    """pruned, pruned_at_first: the last record that the log has removed due to age, by its newest and its first head.
    What it has removed, may be removed here, too."""
    for gap in gaps:
        if gap.broken:
            yield words(
                "record {number} is not the one that record {next} was written after", number=gap.first, next=gap.last
            )
        elif gap.last > max(pruned, pruned_at_first):
            first = max(gap.first, pruned_at_first + 1)
            yield words("missing in the folder: {records}", records=_records(first, gap.last))


def _left(beside: Sequence[int], restores: Sequence[ArchivedRestore]) -> Iterator[Words]:
    """Rows that the log had once, and has no more although it was not restored."""
    left = [number for number in beside if not _explained(number, restores)]
    if left:
        yield words(
            "collected, but no longer in the log: {records}; it was rolled back or rewritten, or two boxes have the "
            "same name",
            records=_records(left[0], left[-1]),
        )  # fmt: skip


def _heads_beside(
    heads: Sequence[ArchivedHead], chain: CollectedChain, restores: Sequence[ArchivedRestore]
) -> Iterator[Words]:  # fmt: skip
    """Heads that the log does not continue."""
    newest = heads[-1]
    gone: list[ArchivedHead] = []
    for head in heads:
        if Head(head.number, head.hash) in chain.rows or not head.number or _explained(head.number, restores, head.at):
            continue
        if head.number <= chain.last:
            missing = any(not gap.broken and gap.first <= head.number <= gap.last for gap in chain.gaps)
            if not missing:
                gone.append(head)
        elif head.number > newest.number or (head.number == newest.number and head.hash != newest.hash):
            gone.append(head)
        elif head.at.date() < newest.at.date() and head.number > newest.pruned:
            yield words(
                "missing in the folder, although in the log on {date}: {records}",
                records=_records(chain.last + 1, head.number), date=head.at,
            )  # fmt: skip
    if gone:
        yield words(
            "on {date} the log ended with record {number} and hash {hash}, which it has no more: it was rolled back or "
            "rewritten, or two boxes have the same name",
            date=gone[-1].at, number=gone[-1].number, hash=gone[-1].hash,
        )  # fmt: skip


def _silence(newest: ArchivedHead, now: datetime, silent_after: timedelta) -> Iterator[Words]:
    if newest.at > now + CLOCK_TOLERANCE:
        yield words("its newest head is of {date}, which has not come: the clock of the box is wrong", date=newest.at)
    elif now - newest.at > silent_after:
        days = (now - newest.at).days
        yield counted(
            "nothing was collected for {n} day, since {date}", "nothing was collected for {n} days, since {date}", days,
            date=newest.at,
        )  # fmt: skip


def _database_problems(folder: Path, heads: Sequence[ArchivedHead]) -> Iterator[Words]:
    """A lane.db that was put beside the heads: it must be intact, and have all of them."""
    with closing(Database(folder, read_only=True)) as database, database.snapshot():
        audit = Audit(database)
        for problem in audit.verify():
            yield words("{file}: {problem}", file=DATABASE_FILE, problem=problem)
        marks = [(head, mark) for head, mark in audit.marks() if mark.mark == "restored"]
        restores = [
            ArchivedRestore(number=head.number, hash=head.hash, at=mark.at, replaced=mark.replaced)
            for head, mark in marks
        ]
        end, pruned = audit.head, audit.pruned
        for head in reversed(heads):
            if head.number <= pruned.number or _explained(head.number, restores, head.at):
                continue
            if head.number > end.number:
                yield words(
                    "{file} ends with record {number}, but on {date} the log ended with record {later}: it was rolled "
                    "back, or is an older copy",
                    file=DATABASE_FILE, number=end.number, date=head.at, later=head.number,
                )  # fmt: skip
                return
            if not database.rows("SELECT 1 FROM audit WHERE number = ? AND hash = ?", head.number, head.hash):
                yield words(
                    "{file} has another record {number} than the log had on {date}: it was rewritten",
                    file=DATABASE_FILE, number=head.number, date=head.at,
                )  # fmt: skip
                return


def _explained(number: int, restores: Sequence[ArchivedRestore], at: datetime | None = None) -> bool:
    """Whether a restore says why a record is in the log no more. at: when the log still had it."""
    return any(
        restore.number <= number
        and (restore.replaced is None or number <= restore.replaced)
        and (at is None or at <= restore.at)
        for restore in restores
    )


def _records(first: int, last: int) -> Words:
    if first == last:
        return words("record {number}", number=first)
    return words("records {first} to {last}", first=first, last=last)


def _unreadable(file: Path, problem: UnreadableArchiveError | OSError) -> Words:
    reason = system_words(problem) if isinstance(problem, OSError) else str(problem)
    return words("{file} cannot be read: {reason}", file=file.name, reason=reason)
