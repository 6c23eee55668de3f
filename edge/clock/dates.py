"""When things were written whose database kept no believed time yet: estimated once, from their dates. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.clock.believed import DAY_S, FLOOR_S

if TYPE_CHECKING:
    from collections.abc import Sequence


def written_by_dates(dates_s: Sequence[float | None], wall_s: float, now_s: float) -> list[float]:
    """When each was written, in believed time; never too early where the dates are right.

    dates_s: Unix times, in the order of writing; None where there is no date. wall_s: the wall clock, which is believed
    now. now_s: the believed time before which all of them were written.

    Dates before `FLOOR_S` and in the future are skipped: those are as old as what was written after them. Nothing is
    older than what was written before it, and the newest counts as written at `now_s`.
    """
    latest_s = FLOOR_S
    plausible: list[float | None] = []
    for date_s in dates_s:
        if date_s is not None and FLOOR_S <= date_s <= wall_s + DAY_S:
            latest_s = max(latest_s, date_s)
            plausible.append(latest_s)
        else:
            plausible.append(None)
    written, next_s = [], now_s
    for date in reversed(plausible):
        if date is not None:
            next_s = now_s - (latest_s - date)
        written.append(next_s)
    return written[::-1]
