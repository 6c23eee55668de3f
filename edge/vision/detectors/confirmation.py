"""Confirms a detected face with a second detector.

One detector alone mistakes the backs of heads and bare shoulders for faces (on recordings from above, with scores up to
0.76). A different network, which sees only the face and its surroundings, does not make the same mistakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnxruntime

from edge.vision.detectors import YUNET
from edge.vision.onnx_session import CPU, session_options

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.vision.faces import Faces

_REGION_PX = 160
_FACE_SHARE = 0.45
"""Share of the region's side that the face fills: the size that YuNet finds best at 160 px."""

_STRIDES = (8, 16, 32)
"""YuNet predicts a score and a box for every cell of three grids. These are the cells' widths in pixels."""
_HEADS = [f"{head}_{stride}" for head in ("cls", "obj", "bbox") for stride in _STRIDES]
_MIN_SCORE, _OVERLAP = 0.3, 0.3


class FaceConfirmation:
    """Runs YuNet on a small region around each face; about half a millisecond a face. Not thread-safe.

    ONNX Runtime needs a third of OpenCV's time for such a small picture.
    """

    def __init__(self) -> None:
        self._session = onnxruntime.InferenceSession(str(YUNET), session_options(threads=1), [CPU])
        grids = [(np.mgrid[: _REGION_PX // stride, : _REGION_PX // stride], stride) for stride in _STRIDES]
        self._cells = np.concatenate([grid[::-1].reshape(2, -1).T for grid, _ in grids]).astype(np.float32)
        self._strides = np.concatenate([np.full((grid[0].size, 1), stride, np.float32) for grid, stride in grids])

    def confirm(self, frame: NDArray[np.uint8], faces: Faces) -> NDArray[np.float32]:
        """float32 (N,): the second detector's score for a face at the same place, 0..1; 0 when it finds none there.

        frame: uint8 (H, W, 3) BGR. faces: N faces of that frame.
        """
        return np.array([self._confirm(frame, box) for box in faces.boxes], np.float32)

    def _confirm(self, frame: NDArray[np.uint8], box: NDArray[np.float32]) -> float:
        centre = (box[:2] + box[2:]) / 2
        scale = _REGION_PX * _FACE_SHARE / max(float((box[2:] - box[:2]).max()), 1.0)
        shift = _REGION_PX / 2 - scale * centre
        transform = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
        region = cv2.warpAffine(frame, transform, (_REGION_PX, _REGION_PX), flags=cv2.INTER_AREA)
        scores, centres = self._detect(np.asarray(region, np.uint8))
        near = np.abs(centres - _REGION_PX / 2).max(axis=1) < _REGION_PX * _FACE_SHARE / 2
        return float(scores[near].max(initial=0))

    def _detect(self, region: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The faces in a region, decoded as in OpenCV's FaceDetectorYN: scores, float32 (F,), and centres in pixels,
        float32 (F, 2)."""
        found = self._session.run(_HEADS, {"input": cv2.dnn.blobFromImage(region)})
        face, objectness, place = (np.concatenate(found[head : head + 3], axis=1)[0] for head in (0, 3, 6))
        scores = np.sqrt(np.clip(face[:, 0], 0, 1) * np.clip(objectness[:, 0], 0, 1))
        sure = np.flatnonzero(scores >= _MIN_SCORE)
        scores, strides = scores[sure], self._strides[sure]
        centres, sides = (self._cells[sure] + place[sure, :2]) * strides, np.exp(place[sure, 2:]) * strides
        # Keep each face's best cell only: cells that see just the edge of a face beside the centre must not count.
        best = cv2.dnn.NMSBoxes(np.hstack([centres - sides / 2, sides]).tolist(), scores.tolist(), _MIN_SCORE, _OVERLAP)
        kept = np.asarray(best, np.intp).ravel()
        return scores[kept], centres[kept]
