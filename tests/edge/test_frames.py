"""Frames: the newest wins, the test pattern moves, and what is no camera is refused."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import RunError, UsageError
from edge.frames import Frame, LatestFrame, MovingPattern, RealTime, capture, open_camera

FrameAt = Callable[..., Frame]


class FewFrames:
    """The moving pattern, but it ends."""

    def __init__(self, count: int) -> None:
        self._pattern, self._left = MovingPattern("lane-1"), count
        self.closed = False

    def read(self) -> Frame | None:
        self._left -= 1
        return self._pattern.read() if self._left >= 0 else None

    def close(self) -> None:
        self.closed = True


def test_the_newest_frame_wins_and_the_older_ones_are_counted_as_dropped(frame_at: FrameAt) -> None:
    slot = LatestFrame()
    for sequence in range(4):
        slot.put(frame_at(sequence / 30, sequence))
    taken = slot.take(timeout_s=0)
    assert taken is not None
    assert (taken.sequence, slot.dropped) == (3, 3)


def test_a_frame_is_taken_only_once(frame_at: FrameAt) -> None:
    slot = LatestFrame()
    slot.put(frame_at(0))
    assert slot.take(0) is not None
    assert slot.take(0) is None
    assert slot.dropped == 0


def test_the_last_frame_is_still_taken_after_the_end(frame_at: FrameAt) -> None:
    slot = LatestFrame()
    slot.put(frame_at(0))
    slot.end()
    assert not slot.ended
    assert slot.take(0) is not None
    assert slot.ended


def test_who_waits_for_a_frame_gets_it_when_it_comes(frame_at: FrameAt) -> None:
    slot, taken = LatestFrame(), list[Frame | None]()
    waiting = threading.Thread(target=lambda: taken.append(slot.take(timeout_s=60)))
    waiting.start()
    slot.put(frame_at(0, sequence=8))
    waiting.join(timeout=60)
    assert [frame.sequence for frame in taken if frame] == [8]


def test_who_waits_for_a_frame_is_let_go_at_the_end() -> None:
    slot = LatestFrame()
    ending = threading.Thread(target=slot.end)
    ending.start()
    assert slot.take(timeout_s=600) is None
    ending.join()
    assert slot.ended


def test_capture_moves_every_frame_and_ends_and_closes() -> None:
    source, slot = FewFrames(5), LatestFrame()
    capture(source, slot, threading.Event())
    last = slot.take(0)
    assert last is not None
    assert (last.sequence, slot.dropped, slot.ended, source.closed) == (4, 4, True, True)


def test_capture_ends_when_it_is_asked_to_and_closes_the_source_itself() -> None:
    source, slot, stopping = FewFrames(5), LatestFrame(), threading.Event()
    stopping.set()
    capture(source, slot, stopping)
    assert slot.take(0) is None
    assert (slot.ended, source.closed) == (True, True)


def test_a_source_that_breaks_ends_the_slot_all_the_same() -> None:
    class Broken(FewFrames):
        def read(self) -> Frame | None:
            raise RuntimeError("the driver is gone")

    source, slot = Broken(1), LatestFrame()
    with pytest.raises(RuntimeError, match="driver"):
        capture(source, slot, threading.Event())
    assert slot.ended
    assert source.closed


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


def test_playing_in_real_time_gives_no_frame_before_its_time_and_changes_only_the_stamp() -> None:
    source, original = RealTime(MovingPattern("lane-1")), MovingPattern("lane-1")
    start_s = time.monotonic()
    for _ in range(4):
        played, as_recorded = source.read(), original.read()
        assert played is not None
        assert as_recorded is not None
        assert played.grab_s - start_s >= as_recorded.grab_s
        assert (played.sequence, played.lane) == (as_recorded.sequence, "lane-1")
        assert (played.pixels == as_recorded.pixels).all()


def test_playing_in_real_time_ends_and_closes_with_its_source() -> None:
    source = FewFrames(1)
    played = RealTime(source)
    assert played.read() is not None
    assert played.read() is None
    played.close()
    assert source.closed


def test_the_source_test_needs_no_camera() -> None:
    frame = open_camera("test:", "lane-2").read()
    assert frame is not None
    assert (frame.sequence, frame.lane) == (0, "lane-2")


def test_a_word_that_is_no_source_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"camera 'webcam' is none of 0, /dev/..., rtsp://..., gst:PIPELINE, test:"):
        open_camera("webcam", "lane-1")


def test_a_recording_given_as_a_camera_is_pointed_to_the_right_flag(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    clip.touch()
    with pytest.raises(UsageError, match="is a file: use --video for recordings"):
        open_camera(str(clip), "lane-1")


@pytest.mark.parametrize("source", ["/dev/no-such-camera", "rtsp://127.0.0.1:9/lane"])
def test_a_camera_that_gives_no_picture_fails_by_name(source: str) -> None:
    with pytest.raises(RunError, match=f"camera {source} gives no picture: is it plugged in"):
        open_camera(source, "lane-1")


@pytest.mark.skipif("GStreamer:                   YES" in cv2.getBuildInformation(), reason="OpenCV has GStreamer")
def test_a_gstreamer_pipeline_without_gstreamer_says_what_is_missing() -> None:
    with pytest.raises(UsageError, match="this OpenCV was built without GStreamer"):
        open_camera("gst:videotestsrc ! appsink", "lane-1")
