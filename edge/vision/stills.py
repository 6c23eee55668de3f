"""Finding faces in still pictures, where there is time to look twice and faces may fill the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.crop import alignable
from edge.vision.detectors import make_detector

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.settings.sections import DetectorName
    from edge.vision.detectors import FaceDetector
    from edge.vision.faces import Faces

_MARGIN = 0.25
"""Black margin put around a still, as a share of its long side. Measured: the detectors miss 1 to 5 % of pictures that
a face fills to the edge, and nearly none of the same pictures with this margin."""

_SECOND_LOOKS: tuple[DetectorName, ...] = ("yunet", "mediapipe-full")


class StillFaceFinder:
    """The lane's detector on still pictures; when it sees nothing, the other detectors are asked in turn."""

    def __init__(self, first: DetectorName = "mediapipe") -> None:
        self._names = (first, *(name for name in _SECOND_LOOKS if name != first))
        self._detectors: dict[DetectorName, FaceDetector] = {}

    def find(self, picture: NDArray[np.uint8]) -> Faces:
        """picture: uint8 (H, W, 3) BGR. Returns its faces in pixels of the picture, the largest first."""
        margin = int(_MARGIN * max(picture.shape[:2]))
        framed = np.asarray(cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT), np.uint8)
        for name in self._names:
            if name not in self._detectors:
                self._detectors[name] = make_detector(name)
            faces = self._detectors[name].detect(framed)
            faces = faces[alignable(faces.keypoints)]
            if len(faces):
                break
        moved = faces.with_(boxes=faces.boxes - margin, keypoints=faces.keypoints - margin)
        return moved[np.argsort(-moved.areas, kind="stable")]

    def close(self) -> None:
        for detector in self._detectors.values():
            detector.close()
