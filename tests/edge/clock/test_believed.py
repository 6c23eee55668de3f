"""The believed time: nothing is older than it really is, and everything gets old, whatever the wall clock shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock.believed import CATCH_UP, DAY_S, MOST_GAPS, BelievedTime, Doubt
from edge.clock.reading import Reading
from tests.edge.clocks import Box

NOON = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
YEARS = 365 * DAY


def began(reading: Reading) -> BelievedTime:
    return BelievedTime(reading.wall_s, reading.boot, reading.boot_s).read(reading)


def days_old(time: BelievedTime, written_s: float) -> float:
    return round(time.age_s(written_s) / DAY_S, 3)


@pytest.fixture
def box() -> Box:
    return Box(NOON)


def test_while_the_box_runs_everything_ages_as_time_passes(box: Box) -> None:
    start = began(box.reading)
    later = start.read(box.run(30 * DAY))
    assert (days_old(later, start.now_s), later.doubt) == (30, None)


def test_a_wall_clock_that_is_set_ages_nothing(box: Box) -> None:
    start = began(box.reading)
    box.error = 3 * YEARS
    ahead = start.read(box.run(HOUR))
    assert (days_old(ahead, start.now_s), ahead.doubt) == (round(1 / 24, 3), "ahead")
    box.error = timedelta()
    right = ahead.read(box.run(HOUR))
    assert (days_old(right, start.now_s), right.doubt) == (round(2 / 24, 3), None)


def test_the_time_without_the_box_counts_as_fast_as_the_box_runs_again(box: Box) -> None:
    start = began(box.reading)
    written_s = start.read(box.run(2 * DAY)).now_s - 2 * DAY_S
    back = start.read(box.off(30 * DAY))
    assert days_old(back, written_s) == 0, "the process knew nothing of the two days before the box was off"
    after = [days_old(back := back.read(box.run(10 * DAY)), written_s) for _ in range(5)]
    assert after == [20, 40, 60, 72, 82]


def test_what_is_written_after_the_box_was_off_ages_as_time_passes(box: Box) -> None:
    back = began(box.reading).read(box.off(30 * DAY))
    written_s = back.read(box.run(HOUR)).now_s
    assert days_old(back.read(box.run(5 * DAY)), written_s) == 5


def test_a_start_three_years_ahead_is_in_doubt_and_ages_nothing(box: Box) -> None:
    start = began(box.reading)
    box.error = 3 * YEARS
    ahead = start.read(box.off(HOUR))
    assert ahead.doubt == "ahead"
    assert days_old(ahead.read(box.run(10 * DAY)), start.now_s) == 10
    box.error = timedelta()
    assert ahead.read(box.run(DAY)).doubt is None


def test_a_clock_that_was_ahead_and_believed_is_forgotten_when_it_is_set_back(box: Box) -> None:
    start = began(box.reading)
    box.error = 90 * DAY
    ahead = start.read(box.off(HOUR)).read(box.run(10 * DAY))
    assert days_old(ahead, start.now_s) == 20
    box.error = timedelta()
    assert days_old(ahead.read(box.run(timedelta())), start.now_s) == round(10 + 1 / 24, 3)


@pytest.mark.parametrize("error", [-57 * YEARS, timedelta()])
def test_a_box_that_starts_in_1970_and_is_set_right_later_keeps_the_age_of_its_sales(
    error: timedelta, box: Box
) -> None:
    box.error, box.synchronised = error, False
    sold = began(box.reading)
    box.error, box.synchronised = timedelta(), True
    right = sold.read(box.run(HOUR))
    assert (right.doubt, days_old(right, sold.now_s)) == (None, round(1 / 24, 3))
    assert days_old(right.read(box.off(5 * DAY)).read(box.run(3 * DAY)), sold.now_s) == round(2 * (3 + 1 / 24), 3)


@pytest.mark.parametrize(
    ("error", "synchronised", "trusted", "doubt"),
    [
        (timedelta(), False, False, "unsynchronised"),
        (timedelta(), False, True, None),
        (timedelta(), True, False, None),
        (-57 * YEARS, True, True, "impossible"),
    ],
)
def test_a_time_server_or_the_operator_must_vouch_for_a_possible_clock(
    error: timedelta, synchronised: bool, trusted: bool, doubt: Doubt | None, box: Box
) -> None:
    box.error, box.synchronised, box.trusted = error, synchronised, trusted
    assert began(box.reading).doubt == doubt


def test_a_clock_stays_believed_without_its_time_server_until_it_is_set_or_the_box_starts_again(box: Box) -> None:
    time = began(box.reading)
    box.synchronised = False
    time = time.read(box.run(20 * DAY))
    assert time.doubt is None
    box.error = HOUR
    assert time.read(box.run(HOUR)).doubt == "unsynchronised"
    box.error = timedelta()
    assert time.read(box.off(HOUR)).doubt == "unsynchronised"


def test_the_operator_vouches_for_a_box_that_was_off_for_years(box: Box) -> None:
    start = began(box.reading)
    box.trusted = True
    back = start.read(box.off(3 * YEARS))
    assert (back.doubt, days_old(back.read(box.run(7 * DAY)), start.now_s)) == (None, 14)


def test_a_clock_far_ahead_is_believed_when_the_box_itself_has_run_for_so_long(box: Box) -> None:
    back = began(box.reading).read(box.off(200 * DAY))
    assert back.doubt == "ahead"
    assert back.read(box.run(199 * DAY)).doubt == "ahead"
    assert back.read(box.run(2 * DAY)).doubt is None


def test_a_small_step_while_the_box_runs_is_no_doubt(box: Box) -> None:
    time = began(box.reading)
    box.error = HOUR
    stepped = time.read(box.run(DAY))
    assert (stepped.doubt, days_old(stepped, time.now_s)) == (None, 1)


def test_a_reading_that_comes_late_changes_nothing(box: Box) -> None:
    early, time = box.reading, began(box.run(timedelta(seconds=1)))
    assert time.read(early).now_s == time.now_s
    assert time.read(early).restarted_s is None


def test_very_many_starts_are_joined_and_only_age_too_little(box: Box) -> None:
    time = first = began(box.reading)
    for _ in range(MOST_GAPS + 20):
        time = time.read(box.off(12 * HOUR)).read(box.run(12 * HOUR))
    assert len(time.gaps) == MOST_GAPS
    assert days_old(time, first.now_s) <= MOST_GAPS + 20


@dataclass(frozen=True)
class Step:
    """What happens: the box runs or is off for some hours; or its clock gets an error, and a time server or none."""

    what: str
    hours: float = 0.0
    error_days: float = 0.0
    synchronised: bool = True
    saved: bool = True


ROUNDING_S = 0.1
"""Each start counts as a millisecond."""

HOURS = st.floats(0.01, 24 * 60)
STEPS = st.lists(
    st.one_of(
        st.builds(Step, st.just("run"), HOURS, saved=st.booleans()),
        st.builds(Step, st.just("off"), HOURS),
        st.builds(Step, st.just("clock"), error_days=st.floats(-30_000, 5_000)),
        st.builds(Step, st.just("clock"), error_days=st.just(0.0)),
        st.builds(Step, st.just("write")),
    ),
    max_size=40,
)


Written = list[tuple[float, datetime, timedelta]]
"""When things were written: in believed time, in real time, and in time that the box had run."""


def lived(steps: list[Step], *, liar: bool = False) -> tuple[BelievedTime, Written, Box]:
    """Let a box live; returns its time, and when things were written. A wrong clock is never synchronised, unless it
    is a liar."""
    box, ran = Box(NOON), timedelta()
    time = saved = began(box.reading)
    written: Written = []
    for step in steps:
        passing = timedelta(hours=step.hours)
        if step.what == "clock":
            box.error = timedelta(days=step.error_days)
            box.synchronised = liar or not step.error_days
            time = time.read(box.reading)
        elif step.what == "run":
            time, ran = time.read(box.run(passing)), ran + passing
            saved = time if step.saved else saved
        elif step.what == "off":
            # What was not saved is lost; a record saves it.
            time = saved = saved.read(box.off(passing))
        else:
            saved = time
            written.append((time.now_s, box.really, ran))
        for written_s, really, ran_then in written:
            if not liar:
                assert time.age_s(written_s) <= (box.really - really).total_seconds() + ROUNDING_S
            assert time.age_s(written_s) <= CATCH_UP * (ran - ran_then).total_seconds() + ROUNDING_S
    return time, written, box


@given(steps=STEPS)
@settings(max_examples=300)
def test_nothing_is_ever_older_than_it_is(steps: list[Step]) -> None:
    """Any sequence of runs, stops, power cuts and wrong clocks, in which a wrong clock is not synchronised."""
    lived(steps)


@given(steps=STEPS)
@settings(max_examples=300)
def test_even_a_clock_that_lies_ages_nothing_faster_than_twice_the_time_that_the_box_runs(steps: list[Step]) -> None:
    lived(steps, liar=True)


@given(steps=STEPS, keep_days=st.integers(1, 400))
@settings(max_examples=300)
def test_a_clock_that_can_be_believed_always_ends_in_removal(steps: list[Step], keep_days: int) -> None:
    time, written, box = lived(steps, liar=True)
    box.error, box.synchronised = timedelta(), True
    time = time.read(box.run(timedelta()))
    # A clock that claims more than the box has run since is believed when that has passed.
    time = time.read(box.run(timedelta(days=90_000)))
    time = time.read(box.run(timedelta(days=keep_days)))
    assert all(time.is_old(written_s, keep_days) for written_s, _, _ in written)
