"""Old pictures: those that arrive at once after a gap, and no others."""

from __future__ import annotations

import pytest

from edge.frames.backlog import Backlog

FRAME_S = 1 / 30


def running(at_s: float = 0.0) -> Backlog:
    """A stream that opened at once and has run for a second."""
    backlog = Backlog(at_s)
    for number in range(30):
        assert not backlog.is_old(at_s + number * FRAME_S, number * FRAME_S)
    return backlog


def test_delayed_pictures_are_old_until_the_stream_has_caught_up() -> None:
    backlog = running()
    # No picture arrives from 1.0 to 2.5 s; then 45 pictures arrive, one each millisecond.
    old = [backlog.is_old(2.5 + number / 1000, 1.0 + number * FRAME_S) for number in range(45)]
    assert old == [True] * 39 + [False] * 6
    assert not backlog.is_old(2.55, 2.55)


def test_pictures_are_not_old_after_a_pause_of_the_camera_itself() -> None:
    backlog = running()
    assert not backlog.is_old(4.0, 4.0)
    assert not backlog.is_old(4.03, 4.03)


def test_pictures_sent_while_the_stream_was_opening_are_old() -> None:
    backlog = Backlog(opening_s=10.0)
    old = [backlog.is_old(11.0 + number / 1000, number * FRAME_S) for number in range(30)]
    assert old == [True] * 24 + [False] * 6


def test_pictures_are_old_for_at_most_a_second_even_if_their_times_stand_still() -> None:
    backlog = running()
    old = [backlog.is_old(5.0 + tenths / 10, 1.0) for tenths in range(14)]
    assert old == [True] * 10 + [False] * 4


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 1e15, float("nan")])
def test_a_jump_of_the_cameras_clock_makes_no_picture_old(step_s: float) -> None:
    backlog = running()
    assert not any(backlog.is_old(1 + n * FRAME_S, 1 + step_s + n * FRAME_S) for n in range(300))


@pytest.mark.parametrize("pace", [0.0, -1.0, 0.5, 0.99, 1.01, 2.0])
def test_a_fast_or_slow_camera_clock_makes_no_picture_old(pace: float) -> None:
    backlog = running()
    assert not any(backlog.is_old(1 + n * FRAME_S, 1 + pace * n * FRAME_S) for n in range(1000))


def test_invented_times_of_a_slow_stream_make_only_its_first_pictures_old() -> None:
    """MJPEG over HTTP has no times: FFmpeg counts its pictures, 25 a second, however slowly they come."""
    backlog = Backlog(opening_s=0.0)
    old = [backlog.is_old(1.2 + number, number / 25) for number in range(20)]
    assert old[:3] == [True, True, False]
    assert not any(old[2:])


def test_invented_times_of_pictures_that_come_in_pairs_make_only_the_first_pairs_old() -> None:
    backlog = Backlog(opening_s=0.0)
    old = [backlog.is_old(2 * pair + late_s, (2 * pair + late_s) / 25) for pair in range(10) for late_s in (0, 0.1)]
    assert not any(old[6:])


def test_a_stream_is_believed_again_once_it_catches_up() -> None:
    backlog = Backlog(opening_s=0.0)
    for number in range(5):
        backlog.is_old(1.0 + number, 0.0)
    # Its times are right from now on: pictures that were late catch up.
    for number in range(60):
        backlog.is_old(5.1 + number / 1000, number / 10)
    old = [backlog.is_old(8.1 + number / 1000, 6.0 + number * FRAME_S) for number in range(10)]
    assert all(old)
