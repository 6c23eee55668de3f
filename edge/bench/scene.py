"""A frame source for measurements: a looped clip, at a chosen rate, with several copies in each frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.frames import Frame, VideoFile

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RATE = 30.0
"""Default frames per second of a camera."""


class Scene:
    """A `FrameSource` that loops a clip until its own time reaches some seconds. given: number of frames returned."""

    problem = ""

    def __init__(self, clip: Path, lane: str, seconds: float, copies: int = 1, rate: float = RATE) -> None:
        """copies: number of copies of the clip in each frame, to get several persons. rate: frames per second, at most
        the clip's. Raises as `VideoFile`."""
        self._clip, self._lane, self._seconds, self._copies, self._rate = clip, lane, seconds, copies, rate
        self._file = VideoFile(clip, lane)
        self._offset_s = self._last_s = 0.0
        self.given = 0

    def read(self) -> Frame | None:
        # A frame may be a quarter of a frame interval early.
        while (frame := self._next()) is not None and frame.grab_s < (self.given - 0.25) / self._rate:
            pass
        if frame is None or frame.grab_s > self._seconds:
            return None
        self.given += 1
        return Frame(tiled(frame.pixels, self._copies), frame.grab_s, self.given - 1, self._lane)

    def close(self) -> None:
        self._file.close()

    def _next(self) -> Frame | None:
        frame = self._file.read()
        if frame is None:
            self.close()
            self._file = VideoFile(self._clip, self._lane)
            self._offset_s = self._last_s + 1 / RATE
            frame = self._file.read()
        if frame is None:
            return None
        self._last_s = self._offset_s + frame.grab_s
        return Frame(frame.pixels, self._last_s, frame.sequence, frame.lane)


def tiled(pixels: NDArray[np.uint8], copies: int) -> NDArray[np.uint8]:
    """A picture of the same size with `copies` small copies of `pixels`, row by row. pixels: uint8 (H, W, 3)."""
    if copies == 1:
        return pixels
    columns = math.ceil(math.sqrt(copies))
    height, width = (side // columns for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    picture = np.zeros_like(pixels)
    rows = math.ceil(copies / columns)
    top = (pixels.shape[0] - rows * height) // 2
    for copy in range(copies):
        row, column = divmod(copy, columns)
        picture[top + row * height : top + (row + 1) * height, column * width : (column + 1) * width] = small
    return picture
