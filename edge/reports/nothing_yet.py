"""Why a report on filed purchases has nothing to show, and when it will. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from edge.language.formats import Shown, time_of_day
from edge.language.words import Words, words
from edge.purchases.filing import EVERY_S

if TYPE_CHECKING:
    from datetime import datetime

    from edge.reports.period import Period


def nothing_filed(period: Period, now: datetime, *, enabled: bool) -> Words:
    """No sale of the period is filed. enabled: whether the lanes keep purchases. now: when the report is read."""
    if period.until < now - timedelta(seconds=EVERY_S):
        return words("No sale is filed {period}: choose another --since or --until.", period=period.words)
    if not enabled:
        return words(
            "No sale is filed {period}. Purchases are not kept here: set insights.enabled and insights.notice, or give "
            "the folder of a shop that keeps them (--folder).",
            period=period.words,
        )
    return words("No sale is filed {period}. {when}", period=period.words, when=next_filing(now))


def next_filing(now: datetime) -> Words:
    """When the sales of now will be filed."""
    filed = now + timedelta(seconds=EVERY_S + 59)
    return words(
        "Sales are filed every {minutes:.0f} minutes; come back at {time}.",
        minutes=EVERY_S / 60,
        time=Shown(time_of_day, filed),
    )


def no_folder_yet(now: datetime, *, enabled: bool) -> Words:
    """Why a lane may have no folder of purchases. enabled: whether the lanes keep them."""
    if enabled:
        return words("no sale was filed there yet. {when}", when=next_filing(now))
    return words("purchases are not kept here: set insights.enabled and insights.notice, or give --folder")
