"""A camera's pace: when its pictures are quick enough, when it is too slow, and when it is interrupted too often."""

from __future__ import annotations

import pytest

from edge.frames.pace import INTERRUPTED, Interruptions, Pace


def pace_of(*gaps_s: float) -> Pace:
    """Pictures with these gaps between them."""
    pace, now_s = Pace(), 100.0
    pace.add(now_s)
    for gap_s in gaps_s:
        now_s += gap_s
        pace.add(now_s)
    return pace


@pytest.mark.parametrize(("rate", "quick"), [(30, True), (5, True), (3, True), (2, False), (1, False), (0.2, False)])
def test_three_pictures_a_second_are_quick_enough(rate: float, quick: bool) -> None:
    pace = pace_of(*[1 / rate] * 6)
    assert (pace.quick, pace.slow) == (quick, not quick)
    assert pace.rate == pytest.approx(rate)


@pytest.mark.parametrize(
    ("gaps_s", "slow"),
    [
        ((), False),
        ((1.0,), False),
        ((1.0, 1.0), True),
        # Two pictures at a time.
        ((0.05, 0.95, 0.05, 0.95), True),
        # One stall of a quick camera, long and short ago.
        ((0.03, 0.03, 0.03, 5.0), False),
        ((0.2, 0.2, 5.0, 0.2), False),
        ((5.0, 0.2, 0.2, 0.2), False),
        # Bursts of many pictures.
        ((0.01, 0.01, 2.0, 0.01), False),
        # A quick camera that has become slow.
        ((0.03, 1.0, 1.0, 1.0), True),
    ],
)
def test_a_slow_camera_is_slow_all_the_time(gaps_s: tuple[float, ...], slow: bool) -> None:
    assert pace_of(*gaps_s).slow is slow


def test_a_picture_is_overdue_after_twice_the_longest_of_the_last_gaps() -> None:
    slow, quick = pace_of(1.0, 1.2, 1.0), pace_of(0.03, 0.03, 0.03)
    assert [slow.overdue(103.2 + after_s, least_s=1.0) for after_s in (1.1, 2.3, 2.5)] == [False, False, True]
    assert [quick.overdue(100.09 + after_s, least_s=1.0) for after_s in (0.9, 1.1)] == [False, True]


def test_without_a_picture_the_first_is_overdue_and_after_one_the_second_is_waited_for_longer() -> None:
    assert Pace().overdue(100.0, least_s=1.0)
    assert [pace_of().overdue(100 + after_s, least_s=1.0) for after_s in (1.9, 2.1)] == [False, True]


def test_three_interruptions_within_a_minute_are_a_problem_until_a_minute_is_over() -> None:
    interruptions = Interruptions()
    for number, gap_s in enumerate((1.5, 2.5, 1.2)):
        assert interruptions.problem(0.0, number * 10.0) == ""
        interruptions.add(gap_s, number * 10.0)
    problem = INTERRUPTED.format(times=3, longest=2.5)
    assert interruptions.problem(0.0, 20.0) == problem
    assert interruptions.problem(0.0, 60.0) == problem
    assert interruptions.problem(0.0, 60.1) == ""


def test_a_camera_that_is_gone_is_not_interrupted() -> None:
    interruptions = Interruptions()
    for number in range(4):
        interruptions.add(2.0, number * 3.0)
    assert interruptions.problem(5.0, 14.0)
    assert interruptions.problem(10.0, 19.0) == ""
    interruptions.add(3600.0, 3700.0)
    assert interruptions.problem(0.0, 3700.0) == ""
