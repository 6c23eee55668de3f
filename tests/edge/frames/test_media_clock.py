"""The clock of a recording: forward only, whatever the times in the file are."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.frames.media_clock import LONGEST_STEP_S, MediaClock

FRAME_S = 1 / 25


def played(*media_s: float) -> list[float]:
    clock = MediaClock(FRAME_S)
    return [clock.advance(at_s) for at_s in media_s]


def test_the_times_of_a_recording_are_kept_from_its_first_picture_on() -> None:
    assert played(7.0, 7.04, 7.1, 9.0, 14.0) == pytest.approx([0, 0.04, 0.1, 2, 7])
    assert played(-3.0, -2.96, 0.5) == pytest.approx([0, 0.04, 3.5])


@pytest.mark.parametrize("jump_s", [6.0, 3600.0, 1e12])
def test_a_jump_forward_lasts_five_seconds_and_the_times_after_it_are_kept(jump_s: float) -> None:
    assert played(0, 0.04, jump_s, jump_s + 0.1, jump_s + 0.3) == pytest.approx([0, 0.04, 5.04, 5.14, 5.34], abs=1e-3)


def test_one_wrong_time_far_ahead_is_played_without_a_gap_on_the_way_back() -> None:
    assert played(0, 0.04, 9000, 0.12, 0.16) == pytest.approx([0, 0.04, 5.04, 5.08, 5.12])


def test_after_a_jump_back_the_clock_goes_on() -> None:
    assert played(100, 100.04, 0, 0.1, 0.3) == pytest.approx([0, 0.04, 0.08, 0.18, 0.38])


def test_pictures_out_of_order_do_not_stretch_the_time() -> None:
    assert played(0, 0.12, 0.04, 0.08, 0.24, 0.16, 0.2, 0.28, 0.32)[-1] == pytest.approx(0.32, abs=0.09)


@pytest.mark.parametrize("media_s", [0.0, 5.5, math.nan, math.inf, -math.inf])
def test_pictures_without_times_of_their_own_are_a_frame_apart(media_s: float) -> None:
    assert played(*[media_s] * 100) == pytest.approx([number * FRAME_S for number in range(100)])


def test_pictures_counted_in_the_smallest_unit_are_a_frame_apart() -> None:
    assert played(*[number / 90_000 for number in range(100)])[-1] == pytest.approx(99 * FRAME_S)


def test_a_jump_is_reported_for_its_picture_alone() -> None:
    clock = MediaClock(FRAME_S)
    jumps = []
    for media_s in (0, 0.04, 60.04, 60.08, 0, 0.04):
        clock.advance(media_s)
        jumps.append(clock.jump_s)
    assert jumps == pytest.approx([0, 0, 60, 0, -60.08, 0])


@given(st.lists(st.floats(), max_size=50))
def test_no_times_stop_the_clock_or_make_it_jump(media_s: list[float]) -> None:
    times = played(*media_s)
    steps = [after - before for before, after in itertools.pairwise(times)]
    assert all(0 < step <= LONGEST_STEP_S + 1e-6 for step in steps)
    assert times[:1] in ([], [0])
