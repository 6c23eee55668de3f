"""The period that a report covers, and how moments are parsed."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta, timezone

import pytest

from edge.reports.period import Period, moment


@pytest.mark.parametrize(("text", "back"), [("12h", 12), ("7d", 7 * 24), ("4w", 4 * 7 * 24), ("0h", 0)])
def test_hours_days_and_weeks_are_before_now(text: str, back: int) -> None:
    now = datetime.now(timezone.utc)
    assert abs(moment(text) - (now - timedelta(hours=back))) < timedelta(seconds=5)


@pytest.mark.usefixtures("in_moscow")
def test_a_date_is_its_midnight_in_local_time() -> None:
    assert moment("2026-11-01") == datetime(2026, 10, 31, 21, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "7 days", "999999w", "2026-13-01", "01.11.2026", "0001-01-01x"])
def test_other_texts_are_rejected_with_examples(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"neither like 12h, 7d or 4w nor a date like 2026-11-01"):
        moment(text)


@pytest.mark.usefixtures("in_moscow")
def test_a_period_includes_its_start_excludes_its_end_and_prints_local_time(noon: datetime) -> None:
    day = Period(noon, noon + timedelta(days=1))
    assert noon in day
    assert noon + timedelta(days=1) not in day
    assert noon - timedelta(microseconds=1) not in day
    assert str(day) == "from 2026-11-01 15:00 to 2026-11-02 15:00 MSK"
