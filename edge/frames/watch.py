"""Pictures that show nothing of the lane as it is now: black, of one colour, or frozen. Pure."""

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
"""So many rows of a picture are looked at: every 8th of 480."""
_BLACK_LEVEL, _BLACK_SPREAD = 16, 10
"""Of 255: how bright a picture is on average, and how much its pixels differ (standard deviation), at most."""
_ONE_COLOUR_SPREAD = 4
"""Noise of a sensor and a codec stays below it; a lane is far above."""
_CHANGE = 2
_CHANGED = 0.002
"""A picture has changed when so large a share of its values differs by more than `_CHANGE` of 255 from the one before.
Measured with x264: a person who only sways by a pixel changes 0.2-1.3 % of a picture with little noise; a picture that
has frozen before it was encoded changes 0-0.15 % but for key frames and what follows on them, up to 22 %."""
_CHANGES, _WITHIN_S = 3, 0.75
"""So many changes within that time end a fault; key frames are rarer, and a lane has five frames a second."""


class PictureWatch:
    """Looks at every picture of one camera. Not for recordings and drawn pictures, which may well stand still."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None
        self._last = FROZEN
        self._changes_s: deque[float] = deque([float("-inf")] * _CHANGES, _CHANGES)

    def fault(self, pixels: NDArray[np.uint8], now_s: float) -> str:
        """What is wrong with the camera's next picture, in one sentence; empty when it shows the lane.

        pixels: uint8 (H, W, 3) BGR. A picture that only repeats the one before is frozen, even if the next one is not.
        """
        step = max(1, len(pixels) // _ROWS)
        rows = np.ascontiguousarray(pixels[::step])
        changed = self._before is None or rows.shape != self._before.shape or _changed(rows, self._before) > _CHANGED
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
        # Else it may be a key frame, and what was wrong is still wrong.
        return self._last


def _changed(rows: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """The share of values that differ."""
    return np.count_nonzero(cv2.absdiff(rows, before) > _CHANGE) / rows.size
