"""Recordings and the test pattern, with their own times or in real time."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from edge.frames import Frame, MovingPattern, RealTime, VideoFile
from tests.edge.frames.videos import corner_colours, corners, write_video


class FewFrames:
    """The moving pattern with a limited number of frames."""

    problem = ""

    def __init__(self, count: int) -> None:
        self._pattern, self._left = MovingPattern("lane-1"), count
        self.closed = False

    def read(self) -> Frame | None:
        self._left -= 1
        return self._pattern.read() if self._left >= 0 else None

    def close(self) -> None:
        self.closed = True


def test_the_test_pattern_is_640_by_480_at_30_frames_a_second_and_moves() -> None:
    pattern = MovingPattern("lane-7")
    frames = [pattern.read() for _ in range(31)]
    first, second, last = frames[0], frames[1], frames[30]
    assert first is not None
    assert second is not None
    assert last is not None
    assert (first.pixels.shape, first.pixels.dtype, first.lane) == ((480, 640, 3), np.uint8, "lane-7")
    assert [frame.sequence for frame in frames if frame] == list(range(31))
    assert (first.grab_s, last.grab_s) == (0, 1)
    assert (np.roll(first.pixels, 4, axis=1) == second.pixels).all()


def test_real_time_delivers_no_frame_early_and_changes_only_its_time() -> None:
    source, original = RealTime(MovingPattern("lane-1")), MovingPattern("lane-1")
    start_s = time.monotonic()
    for _ in range(4):
        played, as_recorded = source.read(), original.read()
        assert played is not None
        assert as_recorded is not None
        assert played.grab_s - start_s >= as_recorded.grab_s
        assert (played.sequence, played.lane) == (as_recorded.sequence, "lane-1")
        assert (played.pixels == as_recorded.pixels).all()


def test_real_time_ends_and_closes_with_its_source() -> None:
    source = FewFrames(1)
    played = RealTime(source)
    assert played.read() is not None
    assert played.read() is None
    played.close()
    assert source.closed


@pytest.mark.slow
def test_a_recording_never_has_a_problem(demo_clip: Path) -> None:
    recording = VideoFile(demo_clip, "lane-1")
    assert recording.problem == MovingPattern("lane-1").problem == RealTime(recording).problem == ""
    recording.close()


def first_picture(file: Path) -> np.ndarray:
    recording = VideoFile(file, "lane-1")
    frame = recording.read()
    recording.close()
    assert frame
    return frame.pixels


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_a_recording_that_declares_the_shape_of_its_pixels_is_given_with_square_ones(name: str, tmp_path: Path) -> None:
    file = write_video(tmp_path / name, [corners(480, 704)], Fraction(40, 33))
    assert first_picture(file).shape == (396, 704, 3)
    file = write_video(tmp_path / name, [corners(288, 704)], Fraction(6, 11))
    assert first_picture(file).shape == (288, 384, 3)


def test_a_recording_that_declares_nothing_is_given_as_it_is(tmp_path: Path) -> None:
    assert first_picture(write_video(tmp_path / "clip.mp4", [corners(480, 704)])).shape == (480, 704, 3)


@pytest.mark.parametrize(("turn", "seen"), [(0, "rg.."), (90, ".r.g"), (180, "..gr"), (270, "g.r.")])
@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_a_recording_that_declares_a_turn_is_given_upright(turn: int, seen: str, name: str, tmp_path: Path) -> None:
    picture = first_picture(write_video(tmp_path / name, [corners()], turn=turn))
    assert corner_colours(picture) == seen
    assert picture.shape == ((176, 120, 3) if turn % 180 else (120, 176, 3))


def test_a_recording_may_declare_both_for_the_picture_before_it_is_turned(tmp_path: Path) -> None:
    picture = first_picture(write_video(tmp_path / "clip.mp4", [corners(480, 704)], Fraction(40, 33), turn=90))
    assert (picture.shape, corner_colours(picture)) == ((704, 396, 3), ".r.g")
