"""Which sales a report is about: from when, until when."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.errors import UsageError

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Period:
    """From `since`, up to but without `until`."""

    since: datetime
    until: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.since <= moment < self.until

    def __str__(self) -> str:
        since, until = self.since.astimezone(), self.until.astimezone()
        return f"from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} {until:%Z}".rstrip()


def moment(text: str) -> datetime:
    """`12h`, `7d` or `4w` before now; or a date, `2026-11-01`: its midnight in this machine's time zone."""
    back = re.fullmatch(r"(\d{1,6})([hdw])", text)
    try:
        if back:
            return datetime.now().astimezone() - int(back[1]) * _UNITS[back[2]]
        return datetime.strptime(text, "%Y-%m-%d").astimezone()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(f"{text!r} is neither like 12h, 7d or 4w nor a date like 2026-11-01") from None


def between(since: datetime, until: datetime) -> Period:
    """Raises UsageError when no time lies there."""
    period = Period(since, until)
    if since >= until:
        raise UsageError(f"no time lies {period}: --since must be before --until")
    return period
