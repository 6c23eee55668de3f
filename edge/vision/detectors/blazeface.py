"""The BlazeFace detector, run by mediapipe Tasks (Bazarevsky et al. 2019, arXiv:1907.05047)."""

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
    """A `FaceDetector` on mediapipe 0.10.33, the last release that opens no socket."""

    def __init__(self, weights: Path, min_score: float) -> None:
        # Bytes instead of a path: mediapipe resolves relative paths against its own package.
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=weights.read_bytes()),
            running_mode=vision.RunningMode.IMAGE,
            min_detection_confidence=min_score,
        )
        with _silent_stderr():
            self._task = vision.FaceDetector.create_from_options(options)
            self.detect(np.zeros((128, 128, 3), np.uint8))  # the first call logs too

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
            # Right eye, left eye, nose tip, mouth centre. The ears, which follow, are not used.
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
    """Hide the start-up messages of mediapipe's C++ code, which no option turns off."""
    stderr = os.dup(2)
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(devnull)
