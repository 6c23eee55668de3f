"""Frame sources without a camera: recordings, as fast as possible or in real time, and a test pattern."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.errors import UsageError
from edge.frames.frame import Frame
from edge.frames.geometry import scaled, size_with_square_pixels

if TYPE_CHECKING:
    from pathlib import Path

    from edge.frames.frame import FrameSource


class VideoFile:
    """A `FrameSource` of every frame of a recording, as fast as it is read. `grab_s` is the recording's own time.

    OpenCV turns pictures upright by itself, but leaves their pixels as they are.
    """

    problem = ""

    def __init__(self, path: Path, lane: str) -> None:
        """Raises UsageError when the file is missing or is not a video."""
        if not path.is_file():
            raise UsageError(f"no video at {path}: give the path of a recording")
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        self._lane, self._sequence, self._last_s = lane, 0, -1.0
        if not self._capture.isOpened() or not self._capture.grab():
            self._capture.release()
            raise UsageError(f"{path} ({path.stat().st_size} bytes) is not a video that FFmpeg can read")
        self._grabbed = True
        frames_per_second = self._capture.get(cv2.CAP_PROP_FPS)
        self._frame_s = 1 / frames_per_second if 1 <= frames_per_second <= 240 else 1 / 30
        self._pixel_aspect = _pixel_aspect(self._capture)

    def read(self) -> Frame | None:
        if not (self._grabbed or self._capture.grab()):
            return None
        self._grabbed = False
        ok, pixels = self._capture.retrieve()
        if not ok:
            return None
        # Some containers have no times, or times out of order. Then use the file's frame rate.
        media_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if media_s <= self._last_s:
            media_s = self._last_s + self._frame_s
        self._last_s = media_s
        self._sequence += 1
        height, width = pixels.shape[:2]
        square = scaled(np.asarray(pixels, np.uint8), size_with_square_pixels(width, height, self._pixel_aspect))
        return Frame(square, media_s, self._sequence - 1, self._lane)

    def close(self) -> None:
        self._capture.release()


def _pixel_aspect(capture: cv2.VideoCapture) -> Fraction | None:
    """Width over height of the pixels that OpenCV returns; None when the recording does not declare it."""
    across, down = (round(capture.get(side)) for side in (cv2.CAP_PROP_SAR_NUM, cv2.CAP_PROP_SAR_DEN))
    if across <= 0 or down <= 0:
        return None
    # The file declares it for the picture as it is stored, before OpenCV turns it.
    on_its_side = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 180 == 90
    return Fraction(down, across) if on_its_side else Fraction(across, down)


class RealTime:
    """Plays a source in real time: waits for each frame's time, and sets `grab_s` to the monotonic clock."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._start_s: float | None = None

    @property
    def problem(self) -> str:
        return self._source.problem

    def read(self) -> Frame | None:
        frame = self._source.read()
        if frame is None:
            return None
        if self._start_s is None:
            self._start_s = time.monotonic() - frame.grab_s
        time.sleep(max(0.0, self._start_s + frame.grab_s - time.monotonic()))
        return Frame(frame.pixels, time.monotonic(), frame.sequence, frame.lane)

    def close(self) -> None:
        self._source.close()


class MovingPattern:
    """The source `test:`: a moving square on grey, 640x480 at 30 frames/s, without a person."""

    _FRAMES_PER_SECOND = 30
    problem = ""

    def __init__(self, lane: str) -> None:
        self._lane, self._sequence = lane, 0

    def read(self) -> Frame | None:
        pixels = np.full((480, 640, 3), 96, np.uint8)
        left = self._sequence * 4 % 580
        pixels[210:270, left : left + 60] = (40, 160, 220)
        self._sequence += 1
        return Frame(pixels, (self._sequence - 1) / self._FRAMES_PER_SECOND, self._sequence - 1, self._lane)

    def close(self) -> None:
        pass
