"""The YuNet detector, run by OpenCV (Wu, Peng and Yu 2023, Machine Intelligence Research 20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.detectors.shrink import shrunk
from edge.vision.faces import Faces

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class YuNetDetector:
    """A `FaceDetector` that needs nothing but OpenCV."""

    def __init__(self, weights: Path, min_score: float) -> None:
        self._net = cv2.FaceDetectorYN.create(str(weights), "", (320, 320), min_score)

    def detect(self, frame: NDArray[np.uint8]) -> Faces:
        small, scale = shrunk(frame)
        self._net.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._net.detect(small)
        if rows is None:
            return Faces()
        rows = rows[np.argsort(rows[:, 14])[::-1]]
        boxes = np.column_stack([rows[:, :2], rows[:, :2] + rows[:, 2:4]]) / scale
        points = rows[:, 4:14].reshape(-1, 5, 2) / scale
        mouth = points[:, 3:].mean(axis=1, keepdims=True)
        keypoints = np.concatenate([points[:, :3], mouth], axis=1)
        return Faces(boxes.astype(np.float32), keypoints.astype(np.float32), rows[:, 14].astype(np.float32))

    def close(self) -> None:
        pass
