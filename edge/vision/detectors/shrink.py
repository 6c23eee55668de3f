"""Large frames made smaller before a face is looked for: the networks see a few hundred pixels at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG_SIDE_PX = 640
"""A detector's cost grows with the picture, its recall at the lane does not."""


def shrunk(frame: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """frame: uint8 (H, W, 3). Returns it with a long side of at most 640 pixels, and its scale: small / large. Pixels
    are averaged, where the networks' own sampling would skip some, and fewer are left whose colours are converted."""
    scale = min(1.0, LONG_SIDE_PX / max(frame.shape[:2]))
    if scale == 1:
        return frame, scale
    return np.asarray(cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8), scale
