"""Shrinks large frames before detection: the networks see a few hundred pixels at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG_SIDE_PX = 640
"""A larger picture costs more time, and no more faces are found at a lane."""


def shrunk(frame: NDArray[np.uint8], long_side_px: int = LONG_SIDE_PX) -> tuple[NDArray[np.uint8], float]:
    """Shrink a frame so that its long side has at most 640 pixels, or `long_side_px`.

    frame: uint8 (H, W, 3). Returns the frame, uint8, and its scale (small / large); the same array when it is small
    enough. Averages pixels, where the networks' own sampling would skip some; fewer pixels then need colour conversion.
    """
    scale = min(1.0, long_side_px / max(frame.shape[:2]))
    if scale == 1:
        return frame, scale
    # A strip of a picture keeps at least one row of pixels.
    height, width = (max(1, round(scale * side)) for side in frame.shape[:2])
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.uint8), scale
