"""Detects bad pictures: damaged, black, of one colour, frozen, or too few of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.frames.pace import LEAST_RATE, TOO_SLOW, Pace
from edge.language.words import words

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAMAGED = words("the camera's pictures arrive damaged: check its cable and the network")
FROZEN = words("the camera sends the same picture again and again: restart it")
BLACK = words("the camera's picture is black: is there light, and is the lens free?")
ONE_COLOUR = words("the camera's picture is all one colour: is the lens free, and is every cable in?")
TOO_FEW = words("the camera has sent too few pictures to judge them: wait a few seconds")

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
_ALL_CHANGED = 3
"""When so many pictures in a row have changed, the picture is not frozen. If they are not quick, the camera is slow."""


class PictureWatch:
    """Checks every picture of one camera. Not for recordings and drawn pictures, which may stand still."""

    def __init__(self) -> None:
        self._before: NDArray[np.uint8] | None = None
        self._last: str = TOO_FEW
        self.last_fault = ""
        """last_fault: what was wrong with the last picture; empty when nothing was, and before the first."""
        self._arrivals, self._changes = Pace(), Pace()
        self._changed_in_a_row = 0

    @property
    def quick(self) -> bool:
        """Whether the last three different pictures came quickly enough for a lane."""
        return self._changes.quick

    def overdue(self, now_s: float, least_s: float) -> bool:
        """Whether the next picture is late for this camera, and by at least `least_s` seconds after the last one."""
        return self._arrivals.overdue(now_s, least_s)

    def fault(self, pixels: NDArray[np.uint8] | None, now_s: float) -> str:
        """What is wrong with the next picture, in one sentence; empty when it shows the lane.

        pixels: uint8 (H, W, 3) BGR, None for a damaged picture. now_s: seconds. A picture that repeats the previous one
        is frozen, even if the next one differs. All pictures of a camera that is too slow for a lane are at fault.
        """
        self._arrivals.add(now_s)
        if pixels is not None:
            self._last = self._seen(pixels, now_s)
        self.last_fault = DAMAGED if pixels is None else self._last
        return self.last_fault

    def _seen(self, pixels: NDArray[np.uint8], now_s: float) -> str:
        step = max(1, len(pixels) // _ROWS)
        rows = np.ascontiguousarray(pixels[::step])
        changed = (
            self._before is None
            or rows.shape != self._before.shape
            or _changed_share(rows, self._before) > _CHANGED_SHARE
        )
        self._before = rows
        self._changed_in_a_row = self._changed_in_a_row + 1 if changed else 0
        if changed:
            self._changes.add(now_s)
        level, spread = cv2.meanStdDev(np.ascontiguousarray(rows[:, ::step]))
        if level.max() < _BLACK_LEVEL and spread.max() < _BLACK_SPREAD:
            return BLACK
        if spread.max() < _ONE_COLOUR_SPREAD:
            return ONE_COLOUR
        if not changed:
            return FROZEN
        # A fault ends with quick changes: the key frames of a frozen picture differ too, but are rarer.
        if self._changes.quick:
            return ""
        if self._changed_in_a_row >= _ALL_CHANGED and self._changes.slow:
            return TOO_SLOW.format(rate=self._changes.rate, least=LEAST_RATE)
        # Otherwise the change may be a key frame only, and the last fault remains.
        return self._last


def _changed_share(rows: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    """The share of values that differ by more than `_CHANGE`."""
    return np.count_nonzero(cv2.absdiff(rows, before) > _CHANGE) / rows.size
