"""A second detector's opinion on a face that another one found.

One detector alone takes the backs of heads and bare shoulders for faces (seen on recordings from above, with scores up
to 0.76). A detector of another make, shown only the face and its surroundings, does not make the same mistakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.detectors import YUNET
from edge.detectors.yunet import YuNetDetector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.faces import Faces

_REGION_PX = 160
_FACE_SHARE = 0.45
"""The face fills this share of the region's side: the size YuNet knows best at 160 px."""


class SecondLook:
    """Confirms faces with YuNet, one small region each (about 2 ms)."""

    def __init__(self) -> None:
        self._detector = YuNetDetector(YUNET, min_score=0.3)

    def confirm(self, frame: NDArray[np.uint8], faces: Faces) -> NDArray[np.float32]:
        """float32 (N,): how sure the second detector is of a face at the same place, 0 when it sees none there."""
        return np.array([self._confirm(frame, box) for box in faces.boxes], np.float32)

    def _confirm(self, frame: NDArray[np.uint8], box: NDArray[np.float32]) -> float:
        centre = (box[:2] + box[2:]) / 2
        scale = _REGION_PX * _FACE_SHARE / max(float((box[2:] - box[:2]).max()), 1.0)
        shift = _REGION_PX / 2 - scale * centre
        transform = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
        region = cv2.warpAffine(frame, transform, (_REGION_PX, _REGION_PX), flags=cv2.INTER_AREA)
        seen = self._detector.detect(np.asarray(region, np.uint8))
        half = _REGION_PX * _FACE_SHARE / 2
        near = [
            float(score)
            for found, score in zip(seen.boxes, seen.scores, strict=True)
            if np.abs((found[:2] + found[2:]) / 2 - _REGION_PX / 2).max() < half
        ]
        return max(near, default=0.0)
