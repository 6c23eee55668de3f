"""Draws sunglasses on a face: for training, and to measure what they do to the predicted age."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

LENS = (0.39, 0.31)
"""Half the width and half the height of a lens, as shares of the distance between the eyes."""

_BELOW = 0.06
_BRIDGE = 0.06
"""How far a lens sits below the eye, and how thick the bridge is, as shares of the same distance."""


def with_sunglasses(
    picture: NDArray[np.uint8], eyes: NDArray[np.floating], shade: int, size: float = 1
) -> NDArray[np.uint8]:
    """The picture with dark lenses over both eyes and a bridge between them.

    picture: uint8 (H, W, 3). eyes: (2, 2), x and y of the right and the left eye in pixels. shade: grey of the lenses,
    0..255. size: of the lenses, 1 as in `LENS`.
    """
    worn, across = picture.copy(), eyes[1] - eyes[0]
    apart, angle = float(np.hypot(*across)), float(np.degrees(np.arctan2(across[1], across[0])))
    # The normal of the line through the eyes points to the mouth.
    centres = eyes + _BELOW * np.array([-across[1], across[0]])
    right, left = (tuple(np.round(centre).astype(int).tolist()) for centre in centres)
    axes = tuple(max(1, round(size * half * apart)) for half in LENS)
    colour = (shade,) * 3
    for centre in (right, left):
        cv2.ellipse(worn, centre, axes, angle, 0, 360, colour, -1, cv2.LINE_AA)
    cv2.line(worn, right, left, colour, max(1, round(_BRIDGE * apart)), cv2.LINE_AA)
    return worn
