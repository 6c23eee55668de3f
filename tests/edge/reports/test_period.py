"""The period that a report covers, and how moments are parsed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from edge.reports.period import Period, moment


@pytest.fixture
def in_zone() -> Iterator[Callable[[str], None]]:
    """Sets the local time zone, by its name."""
    with pytest.MonkeyPatch.context() as patch:

        def enter(zone: str) -> None:
            patch.setenv("TZ", zone)
            time.tzset()

        yield enter
    time.tzset()


@pytest.mark.parametrize(("text", "back"), [("12h", 12), ("7d", 7 * 24), ("4w", 4 * 7 * 24), ("0h", 0)])
def test_hours_days_and_weeks_are_before_now(text: str, back: int) -> None:
    now = datetime.now(timezone.utc)
    assert abs(moment(text) - (now - timedelta(hours=back))) < timedelta(seconds=5)


@pytest.mark.usefixtures("in_moscow")
def test_a_date_is_its_midnight_in_local_time() -> None:
    assert moment("2026-11-01") == datetime(2026, 10, 31, 21, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("zone", "day", "start"),
    [
        ("America/Asuncion", "2023-10-01", "2023-10-01T04:00:00Z"),  # from 00:00 to 01:00
        ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00Z"),
        ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z"),
        ("America/Havana", "2024-03-10", "2024-03-10T05:00:00Z"),
        ("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z"),  # from 01:00 back to 00:00
        ("Africa/Cairo", "2024-11-01", "2024-10-31T22:00:00Z"),  # from 00:00 back to 23:00
        ("Europe/Berlin", "2024-03-31", "2024-03-30T23:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),  # a day that this zone never had
    ],
)
def test_a_date_starts_where_the_day_starts_also_when_clocks_change_at_midnight(
    zone: str, day: str, start: str, in_zone: Callable[[str], None]
) -> None:
    in_zone(zone)
    assert moment(day) == datetime.fromisoformat(start.replace("Z", "+00:00"))


@pytest.mark.parametrize(
    "zone", ["America/Asuncion", "Asia/Beirut", "Africa/Cairo", "America/Havana", "Asia/Kathmandu"]
)
def test_days_follow_each_other_without_a_gap(zone: str, in_zone: Callable[[str], None]) -> None:
    in_zone(zone)
    days = [f"{date(2022, 1, 1) + timedelta(days=number)}" for number in range(3 * 365)]
    for day, next_day in pairwise(days):
        start, end = moment(day), moment(next_day)
        before, last = (
            at.astimezone(ZoneInfo(zone)) for at in (start - timedelta(seconds=1), end - timedelta(seconds=1))
        )
        assert f"{start.astimezone(ZoneInfo(zone)):%Y-%m-%d}" == f"{last:%Y-%m-%d}" == day
        assert f"{before:%Y-%m-%d}" < day


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
