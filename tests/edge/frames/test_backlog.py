"""Which pictures are old: those that come in one go after a gap, and no others."""

from __future__ import annotations

import pytest

from edge.frames.backlog import Backlog

FRAME_S = 1 / 30


def opened(at_s: float = 0.0) -> Backlog:
    """A stream that was opened at once and has run for a second."""
    backlog = Backlog(at_s)
    for number in range(30):
        assert not backlog.is_old(at_s + number * FRAME_S, number * FRAME_S)
    return backlog


def test_what_was_held_back_is_old_until_the_stream_has_caught_up() -> None:
    backlog = opened()
    # Nothing came from 1.0 to 2.5; then 45 pictures come in one go, a millisecond each.
    old = [backlog.is_old(2.5 + number / 1000, 1.0 + number * FRAME_S) for number in range(45)]
    assert old == [True] * 39 + [False] * 6
    assert not backlog.is_old(2.55, 2.55)


def test_a_camera_that_had_nothing_to_send_is_not_old_when_it_goes_on() -> None:
    backlog = opened()
    assert not backlog.is_old(4.0, 4.0)
    assert not backlog.is_old(4.03, 4.03)


def test_what_was_sent_while_the_stream_was_opened_is_old_too() -> None:
    backlog = Backlog(opening_s=10.0)
    old = [backlog.is_old(11.0 + number / 1000, number * FRAME_S) for number in range(30)]
    assert old == [True] * 24 + [False] * 6


def test_nothing_is_old_for_longer_than_a_second_whatever_its_time_says() -> None:
    backlog = opened()
    old = [backlog.is_old(5.0 + tenths / 10, 1.0) for tenths in range(14)]
    assert old == [True] * 10 + [False] * 4


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_camera_whose_clock_is_stepped_goes_on(step_s: float) -> None:
    backlog = opened()
    assert not any(backlog.is_old(1 + n * FRAME_S, 1 + step_s + n * FRAME_S) for n in range(300))


@pytest.mark.parametrize("pace", [0.5, 0.99, 1.01, 2.0])
def test_a_camera_whose_clock_is_fast_or_slow_goes_on(pace: float) -> None:
    backlog = opened()
    assert not any(backlog.is_old(1 + n * FRAME_S, 1 + pace * n * FRAME_S) for n in range(1000))
