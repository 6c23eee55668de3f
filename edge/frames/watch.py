"""Detects bad pictures: black, of one colour, or frozen. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FROZEN = "the camera sends the same picture again and again: restart it"
BLACK = "the camera's picture is black: is there light, and is the lens free?"
ONE_COLOUR = "the camera's picture is all one colour: is the lens free, and is every cable in?"

_ROWS = 60
"""Number of rows of a picture that are checked: every 8th of 480."""
_BLACK_LEVEL, _BLACK_SPREAD = 16, 10
"""Of 255: a picture is black if its mean brightness and its standard deviation are below these."""
_ONE_COLOUR_SPREAD = 4
"""Standard deviation, of 255: noise of sensor and codec stays below it; a lane is far above."""
_CHANGE = 2
_CHANGED_SHARE = 0.002
"""A picture has changed when more than this share of its values differs from the previous picture by more than
`_CHANGE` of 255. Measured with x264: a person who only sways by a pixel changes 0.2-1.3 % of a picture with little
noise; a picture that froze before encoding changes 0-0.15 %, except at key frames and just after them: up to 22 %."""
_CHANGES, _WITHIN_S = 3, 0.75
"""A fault ends after this number of changes within this time: key frames are rarer, and a lane has at least five frames
a second."""


class PictureWatch:
    """Checks every picture of one camera. Not for recordings and drawn pictures, which may stand still."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None
        self._last = FROZEN
        self._changes_s: deque[float] = deque([float("-inf")] * _CHANGES, _CHANGES)

    def fault(self, pixels: NDArray[np.uint8], now_s: float) -> str:
        """What is wrong with the next picture, in one sentence; empty when it shows the lane.

        pixels: uint8 (H, W, 3) BGR. now_s: seconds. A picture that repeats the previous one is frozen, even if the next
        one differs.
        """
        step = max(1, len(pixels) // _ROWS)
        rows = np.ascontiguousarray(pixels[::step])
        changed = (
            self._before is None
            or rows.shape != self._before.shape
            or _changed_share(rows, self._before) > _CHANGED_SHARE
        )
        self._before = rows
        if changed:
            self._changes_s.append(now_s)
        level, spread = cv2.meanStdDev(np.ascontiguousarray(rows[:, ::step]))
        if level.max() < _BLACK_LEVEL and spread.max() < _BLACK_SPREAD:
            self._last = BLACK
        elif spread.max() < _ONE_COLOUR_SPREAD:
            self._last = ONE_COLOUR
        elif not changed:
            self._last = FROZEN
        elif now_s - self._changes_s[0] <= _WITHIN_S:
            self._last = ""
        # Otherwise the change may be a key frame only, and the last fault remains.
        return self._last


def _changed_share(rows: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """The share of values that differ by more than `_CHANGE`."""
    return np.count_nonzero(cv2.absdiff(rows, before) > _CHANGE) / rows.size
