"""The rows of the audit log, chained by hashes: records of sales and of changed settings, and marks between them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import ValidationError

from edge.clock.believed import FLOOR_S
from edge.records.changes import CHANGE_START, SettingsChange
from edge.records.records import Record, SaleRecord
from edge.till.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOCK_TOLERANCE = timedelta(days=1)
"""What is dated further in the future than this was written by a clock that was wrong."""

MARK_START = '{"mark":'
"""The JSON of a mark starts like this, that of a record does not."""

AnyRecord: TypeAlias = SaleRecord | SettingsChange


@dataclass(frozen=True, slots=True)
class Head:
    """The position of a row in the chain: its number, 0 for an empty log, and its hash."""

    number: int
    hash: str


class Mark(Record):
    """A row about the log itself. Pruning never removes a mark.

    mark: "lane" before the first record, before the first one of each month (UTC), and before one, or a removal,
    that shows that the clock was set back; "pruned" after records were removed due to age, and when `audit.keep_days`
    has changed since the last removal; "restored" after a backup has taken the place of the database.
    lane: the lane that the log belongs to.
    at: when records were removed, when the backup was restored, or the date of the next record.
    removed, removed_hash: position of the newest record removed so far; 0 and empty before the first removal.
    keep_days: the setting `audit.keep_days` at that time. opened_at: the date of the newest of the records removed
    last; dates in the future do not count. Both only for "pruned". The date of a sale is that of its opening.
    replaced, replaced_hash: position of the newest row of the database that the backup has replaced; 0 and empty if it
    had none, None if it could not be read. Both only for "restored".
    """

    mark: Literal["lane", "pruned", "restored"]
    lane: str
    at: Moment
    removed: int
    removed_hash: str
    keep_days: int | None = None
    opened_at: Moment | None = None
    replaced: int | None = None
    replaced_hash: str | None = None

    @property
    def pruned(self) -> Head:
        """The newest record removed so far."""
        return Head(self.removed, self.removed_hash)


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row of the audit table. text: the record or the mark in JSON. before: the hash of the row before, at the time
    of writing, and after a space the hash of the newest mark before, if there was one."""

    number: int
    text: str
    before: str
    hash: str

    @property
    def intact(self) -> bool:
        """Whether the hash matches the content."""
        return chained(self.before, self.number, self.text) == self.hash

    @property
    def row_before(self) -> str:
        """The hash of the row before."""
        return self.before.partition(" ")[0]

    @property
    def mark_before(self) -> str:
        """The hash of the newest mark before; empty if there was none."""
        return self.before.partition(" ")[2]

    @property
    def is_mark(self) -> bool:
        return self.text.startswith(MARK_START)

    @property
    def content(self) -> AnyRecord | Mark | None:
        """The parsed record or mark, None when it cannot be parsed."""
        is_change = self.text.startswith(CHANGE_START)
        try:
            return (Mark if self.is_mark else SettingsChange if is_change else SaleRecord).model_validate_json(
                self.text
            )
        except ValidationError:
            return None


def date_of(record: AnyRecord) -> datetime:
    """When a sale was opened, or settings took effect."""
    return record.opened_at if isinstance(record, SaleRecord) else record.at


def proven_dates(marks: Iterable[Mark]) -> list[datetime | None]:
    """When each mark was written, None where its date proves nothing: a later mark of a sale is dated before it, so the
    clock was ahead and was set back. marks: in order."""
    dates: list[datetime | None] = []
    earliest: datetime | None = None
    for mark in reversed([*marks]):
        dates.append(mark.at if earliest is None or mark.at <= earliest else None)
        # A start in 1970 says nothing about the marks before it.
        if mark.mark == "lane" and mark.at.timestamp() >= FLOOR_S:
            earliest = min(mark.at, earliest or mark.at)
    return dates[::-1]


def chained(before: str, number: int, text: str) -> str:
    """SHA-256, in hex, of three lines: the hashes before (see `StoredRow`), the number, and the row's JSON."""
    return hashlib.sha256(f"{before}\n{number}\n{text}".encode(errors="surrogateescape")).hexdigest()
