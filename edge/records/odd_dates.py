"""What the dates of an intact log say about the box's clock. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from edge.clock.believed import FLOOR_S
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


def odd_dates(records: Iterable[tuple[Head, SaleRecord]], now: datetime) -> Iterator[str]:
    """A line for each run of records whose dates cannot be right, or that show that the clock was set back. records: in
    their order. now: the clock of the machine that reads them."""
    for (oddity, latest), run in groupby(_with_oddities(records, now), key=lambda item: item[2:]):
        if oddity is None:
            continue
        found = [(head.number, record.opened_at) for head, record, *_ in run]
        (first, at), (last, _) = found[0], found[-1]
        named = f"record {first} is" if first == last else f"records {first} to {last} are"
        above = f" (record of {latest:%Y-%m-%d})" if oddity == "before records above them" else ""
        yield f"{named} dated {oddity}{above}, {at:%Y-%m-%d}: the box's clock was wrong or was set"


def late_removal(removal: Mark) -> str:
    """Why the removal of the last records of a log needs a look; empty if it came when it was due."""
    if removal.opened_at is None or removal.keep_days is None:
        return ""
    due = removal.opened_at + timedelta(days=removal.keep_days)
    if removal.at - due <= _LATE_REMOVAL:
        return ""
    return (
        f"no record is left: all were removed on {removal.at:%Y-%m-%d}, {(removal.at - due).days} days after the newest"
        " of them was due; if the lane has sold since, the clock of its box was ahead"
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
