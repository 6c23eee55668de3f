"""Records of older versions get their times from their dates, once."""

from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from edge.clock.believed import DAY_S, FLOOR_S
from edge.clock.dates import written_by_dates

TODAY_S = datetime(2026, 11, 1, tzinfo=timezone.utc).timestamp()
YEAR_S = 365 * DAY_S


def days_before(dates: list[float | None]) -> list[float]:
    """How many days before now each was written. dates: in days before today."""
    dates_s = [None if date is None else TODAY_S - date * DAY_S for date in dates]
    return [-written_s / DAY_S for written_s in written_by_dates(dates_s, TODAY_S, 0.0)]


def test_right_dates_keep_their_distances_and_the_newest_is_new() -> None:
    assert days_before([100, 30, 10]) == [90, 20, 0]


def test_a_date_in_the_future_is_as_old_as_what_follows_it() -> None:
    assert days_before([100, -3000, 30, 10]) == [90, 20, 20, 0]


def test_a_date_of_1970_is_as_old_as_what_follows_it() -> None:
    assert days_before([20_000, 30, 10]) == [20, 20, 0]


def test_nothing_is_older_than_what_was_written_before_it() -> None:
    assert days_before([30, 400, 10]) == [20, 20, 0]


def test_without_any_date_all_are_new() -> None:
    assert days_before([None, None]) == [0, 0]
    assert days_before([]) == []


def test_a_wrong_date_at_the_end_is_new() -> None:
    assert days_before([30, 10, -3000]) == [20, 0, 0]


@given(
    dates=st.lists(st.one_of(st.none(), st.floats(0, TODAY_S + 100 * YEAR_S)), max_size=30),
    passed=st.lists(st.floats(0, 30 * DAY_S), min_size=30, max_size=30),
    wrong=st.lists(st.booleans(), min_size=30, max_size=30),
)
def test_with_right_and_impossible_dates_nothing_is_older_than_it_is(
    dates: list[float | None], passed: list[float], wrong: list[bool]
) -> None:
    """Each was written some time after the one before, and has its right date, or one that cannot be."""
    really = [FLOOR_S + sum(passed[: number + 1]) for number in range(len(dates))]
    now_s = TODAY_S + 5 * YEAR_S
    noted = [
        right if not is_wrong else (date if date is None or date < FLOOR_S or date > now_s + DAY_S else None)
        for right, is_wrong, date in zip(really, wrong, dates, strict=False)
    ]
    written = written_by_dates(noted, now_s, now_s)
    assert written == sorted(written)
    assert all(written_s >= right - 0.001 for written_s, right in zip(written, really, strict=True))
