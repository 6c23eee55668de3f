"""Customers by week and by hour of the day: only whole weeks, and no number of few sales or few customers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import numpy as np

from edge.reports.baskets.pictures import hours_picture, weeks_picture
from edge.reports.baskets.sums import Sums, add, no_sums
from edge.reports.baskets.when import Visits, visits
from edge.reports.period import Period
from tests.edge.reports.conftest import evidence_of

MONDAY = datetime(2026, 11, 2, 12, tzinfo=timezone.utc)
PERIOD = Period(datetime(2026, 11, 2, tzinfo=timezone.utc), datetime(2026, 11, 18, tzinfo=timezone.utc))


def sums_of(hours: dict[datetime, tuple[float, float]]) -> Sums:
    customers = np.repeat(np.eye(2), [400, 400], axis=0)
    counts = {hour: np.array(numbers, float) for hour, numbers in hours.items()}
    return replace(no_sums(2), evidence=evidence_of(customers), hours=counts)


def seen(hours: dict[datetime, tuple[float, float]], min_customers: int = 10) -> Visits:
    return visits(sums_of(hours), PERIOD, min_customers, timezone.utc)


def test_customers_are_counted_by_week_and_by_hour_of_the_day() -> None:
    found = seen(
        {MONDAY: (20, 30), MONDAY + timedelta(days=1): (10, 10), MONDAY + timedelta(days=7, hours=3): (40, 50)}
    )
    assert found.weeks == {date(2026, 11, 2): (30, 40), date(2026, 11, 9): (40, 50)}
    assert found.hours == {12: (30, 40), 15: (40, 50)}


def test_a_week_that_the_period_cuts_off_is_not_shown() -> None:
    assert seen({MONDAY + timedelta(days=14): (40, 50)}).weeks == {}


def test_fewer_than_30_sales_and_fewer_customers_than_allowed_are_not_shown() -> None:
    found = seen({MONDAY: (14, 15), MONDAY + timedelta(hours=1): (4, 28)})
    assert found.hours == {13: (None, 28)}
    assert (found.fewest, seen({}, min_customers=50).fewest) == (30, 50)


def test_sums_of_parts_add_up() -> None:
    first, second = sums_of({MONDAY: (1, 2)}), sums_of({MONDAY: (3, 4), MONDAY + timedelta(hours=1): (5, 6)})
    hours = add(first, second).hours
    assert {hour: list(counts) for hour, counts in hours.items()} == {
        MONDAY: [4, 6], MONDAY + timedelta(hours=1): [5, 6]
    }  # fmt: skip


def test_pictures_are_drawn_only_where_there_is_enough() -> None:
    names = ["18-24", "25+"]
    one_week = seen({MONDAY: (20, 30)})
    assert weeks_picture(one_week, names, "en") is None
    drawn = hours_picture(one_week, names, "ru")
    assert drawn
    assert ("час дня" in drawn, ">20<" in drawn, ">30<" in drawn) == (True, True, True)
    assert hours_picture(seen({}), names, "en") is None
    two_weeks = weeks_picture(seen({MONDAY: (20, 30), MONDAY + timedelta(days=7): (20, 30)}), names, "en")
    assert two_weeks
    assert ">9 Nov<" in two_weeks
