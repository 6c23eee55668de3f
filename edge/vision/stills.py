"""Finds faces in still pictures, where faces may fill the picture and there is time to run several detectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.crop import alignable
from edge.vision.detectors import FOR_STILLS, make_detector
from edge.vision.detectors.shrink import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.settings.sections import DetectorName
    from edge.vision.detectors import FaceDetector
    from edge.vision.faces import Faces

_STILL_MARGIN = 0.25
"""Black margin added around a still, as a share of its long side. Measured: when a face fills the picture to the edge,
the detectors miss it in 1 to 5 % of pictures; with this margin in almost none."""

_FRAMED_PX = 1280
"""Larger stills are shrunk to this long side before the margin is added: around 30000x1500 pixels it would take 2 GB.
The detectors shrink every picture to half of this."""


class StillFaceFinder:
    """Runs the detectors of `FOR_STILLS` in turn until one finds a face. Not thread-safe."""

    def __init__(self) -> None:
        self._detectors: dict[DetectorName, FaceDetector] = {}

    def find(self, picture: NDArray[np.uint8]) -> Faces:
        """The faces in a picture, in its own pixels, the largest first. picture: uint8 (H, W, 3) BGR."""
        small, scale = shrunk(picture, _FRAMED_PX)
        margin = int(_STILL_MARGIN * max(small.shape[:2]))
        framed = np.asarray(cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_CONSTANT), np.uint8)
        for name in FOR_STILLS:
            if name not in self._detectors:
                self._detectors[name] = make_detector(name)
            faces = self._detectors[name].detect(framed)
            faces = faces[alignable(faces.keypoints)]
            if len(faces):
                break
        boxes, keypoints = ((points - margin) / np.float32(scale) for points in (faces.boxes, faces.keypoints))
        moved = faces.with_(boxes=boxes, keypoints=keypoints)
        return moved[np.argsort(-moved.areas, kind="stable")]

    def close(self) -> None:
        for detector in self._detectors.values():
            detector.close()
