"""The period that a report covers."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.errors import UsageError
from edge.language.words import Words, words

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` (included) to `until` (excluded)."""

    since: datetime
    until: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.since <= moment < self.until

    @property
    def words(self) -> Words:
        """As `from 1 Nov 2026, 00:00 to 8 Nov 2026, 00:00`, in the reader's language."""
        return words("from {since} to {until}", since=self.since, until=self.until)

    def __str__(self) -> str:
        since, until = self.since.astimezone(), self.until.astimezone()
        return f"from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} {until:%Z}".rstrip()


def moment(text: str) -> datetime:
    """Parse `12h`, `7d` or `4w` (before now), or a date such as `2026-11-01` (when it starts in local time).

    A parser's `type`: raises argparse.ArgumentTypeError for any other text.
    """
    back = re.fullmatch(r"(\d{1,6})([hdw])", text)
    try:
        if back:
            return datetime.now().astimezone() - int(back[1]) * _UNITS[back[2]]
        return _start_of(datetime.strptime(text, "%Y-%m-%d"))
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(
            words("{text!r} is neither like 12h, 7d or 4w nor a date like 2026-11-01", text=text)
        ) from None


def between(since: datetime, until: datetime) -> Period:
    """The period between two moments. Raises UsageError if it is empty."""
    period = Period(since, until)
    if since >= until:
        raise UsageError(words("the period {period} is empty: --since must be before --until", period=period.words))
    return period


def _start_of(midnight: datetime) -> datetime:
    """The first moment of a local day. Where summer time begins at midnight, the day starts at one; where clocks go
    back to midnight, it starts at the first of two."""
    readings = [midnight.replace(fold=fold).astimezone() for fold in (0, 1)]
    return min((moment for moment in readings if moment.date() >= midnight.date()), default=max(readings))
