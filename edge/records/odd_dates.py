"""What the dates of an intact log say about the box's clock. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from edge.clock.believed import FLOOR_S
from edge.language.words import Words, words
from edge.records.chain import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edge.records.chain import Head, Mark
    from edge.records.records import SaleRecord

_Oddity = Literal["in the future", "before any edge-agent ran", "before records above them"]

_FLOOR = datetime.fromtimestamp(FLOOR_S, timezone.utc)
_LATE = timedelta(days=2)
"""A sale that was suspended may be recorded so long after it was opened."""
_LATE_REMOVAL = timedelta(days=31)
"""A running agent removes records on the day on which they are old enough."""


def odd_dates(records: Iterable[tuple[Head, SaleRecord]], now: datetime) -> Iterator[Words]:
    """A line for each run of records whose dates cannot be right, or that show that the clock was set back. records: in
    their order. now: the clock of the machine that reads them."""
    for (oddity, latest), run in groupby(_with_oddities(records, now), key=lambda item: item[2:]):
        if oddity is None:
            continue
        found = [(head.number, record.opened_at) for head, record, *_ in run]
        (first, at), (last, _) = found[0], found[-1]
        named = (
            words("record {number}", number=first)
            if first == last
            else words("records {first} to {last}", first=first, last=last)
        )
        dated = f"{at:%Y-%m-%d}"
        if oddity == "in the future":
            how = words("dated in the future, {date}", date=dated)
        elif oddity == "before any edge-agent ran":
            how = words("dated before any edge-agent ran, {date}", date=dated)
        else:
            above = f"{latest:%Y-%m-%d}"
            how = words("dated before records above them (record of {latest}), {date}", latest=above, date=dated)
        if first == last:
            yield words("{record} is {dated}: the box's clock was wrong or was set", record=named, dated=how)
        else:
            yield words("{records} are {dated}: the box's clock was wrong or was set", records=named, dated=how)


def late_removal(removal: Mark) -> str:
    """Why the removal of the last records of a log needs a look; empty if it came when it was due."""
    if removal.opened_at is None or removal.keep_days is None:
        return ""
    due = removal.opened_at + timedelta(days=removal.keep_days)
    if removal.at - due <= _LATE_REMOVAL:
        return ""
    return words(
        "no record is left: all were removed on {date}, {days} days after the newest of them was due; if the lane has "
        "sold since, the clock of its box was ahead",
        date=f"{removal.at:%Y-%m-%d}",
        days=(removal.at - due).days,
    )


def _with_oddities(
    records: Iterable[tuple[Head, SaleRecord]], now: datetime
) -> Iterator[tuple[Head, SaleRecord, _Oddity | None, datetime | None]]:  # fmt: skip
    """Each record, what is odd about its date, and for one that is dated back the latest date above it."""
    latest: datetime | None = None
    for head, record in records:
        at = record.opened_at
        if at > now + CLOCK_TOLERANCE:
            yield head, record, "in the future", None
        elif at < _FLOOR:
            yield head, record, "before any edge-agent ran", None
        elif latest and at < latest - _LATE:
            yield head, record, "before records above them", latest
        else:
            latest = max(latest or at, at)
            yield head, record, None, None
