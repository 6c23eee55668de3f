"""BlazeFace through mediapipe's Tasks (Bazarevsky et al. 2019, arXiv:1907.05047)."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from edge.vision.detectors.shrink import shrunk
from edge.vision.faces import Faces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray


class BlazeFaceDetector:
    """A `FaceDetector` on mediapipe 0.10.33, the release that opens no socket."""

    def __init__(self, weights: Path, min_score: float) -> None:
        # The bytes and not the path: mediapipe resolves relative paths against its own package.
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=weights.read_bytes()),
            running_mode=vision.RunningMode.IMAGE,
            min_detection_confidence=min_score,
        )
        with _silent_stderr():
            self._task = vision.FaceDetector.create_from_options(options)
            self.detect(np.zeros((128, 128, 3), np.uint8))

    def detect(self, frame: NDArray[np.uint8]) -> Faces:
        height, width = frame.shape[:2]
        small, scale = shrunk(frame)
        rgb = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        found = self._task.detect(mediapipe.Image(mediapipe.ImageFormat.SRGB, rgb)).detections
        if not found:
            return Faces()
        boxes, keypoints, scores = [], [], []
        for face in found:
            box = face.bounding_box
            boxes.append([box.origin_x, box.origin_y, box.origin_x + box.width, box.origin_y + box.height])
            # Right eye, left eye, nose tip, mouth centre; then the ears, which we leave.
            keypoints.append([[point.x, point.y] for point in face.keypoints[:4]])
            scores.append(face.categories[0].score)
        order = np.argsort(scores)[::-1]
        return Faces(
            (np.array(boxes, np.float32) / scale).astype(np.float32)[order],
            (np.array(keypoints, np.float32) * [width, height]).astype(np.float32)[order],
            np.array(scores, np.float32)[order],
        )

    def close(self) -> None:
        self._task.close()


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep mediapipe's C++ start-up notes, which no option turns off, from the user's terminal."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
