"""A second detector's opinion on a face that another one found.

One detector alone takes the backs of heads and bare shoulders for faces (seen on recordings from above, with scores up
to 0.76). A detector of another make, shown only the face and its surroundings, does not make the same mistakes.
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
"""The face fills this share of the region's side: the size YuNet knows best at 160 px."""

_STRIDES = (8, 16, 32)
"""YuNet says of every cell of three grids, whose cells are so many pixels wide, how sure it is of a face and where."""
_HEADS = [f"{head}_{stride}" for head in ("cls", "obj", "bbox") for stride in _STRIDES]
_MIN_SCORE, _OVERLAP = 0.3, 0.3


class FaceConfirmation:
    """Confirms faces with YuNet, one small region each (about half a millisecond).

    On ONNX Runtime, which takes a third of OpenCV's time for so small a picture.
    """

    def __init__(self) -> None:
        self._session = onnxruntime.InferenceSession(str(YUNET), session_options(threads=1), [CPU])
        grids = [(np.mgrid[: _REGION_PX // stride, : _REGION_PX // stride], stride) for stride in _STRIDES]
        self._cells = np.concatenate([grid[::-1].reshape(2, -1).T for grid, _ in grids]).astype(np.float32)
        self._strides = np.concatenate([np.full((grid[0].size, 1), stride, np.float32) for grid, stride in grids])

    def confirm(self, frame: NDArray[np.uint8], faces: Faces) -> NDArray[np.float32]:
        """float32 (N,): how sure the second detector is of a face at the same place, 0 when it sees none there."""
        return np.array([self._confirm(frame, box) for box in faces.boxes], np.float32)

    def _confirm(self, frame: NDArray[np.uint8], box: NDArray[np.float32]) -> float:
        centre = (box[:2] + box[2:]) / 2
        scale = _REGION_PX * _FACE_SHARE / max(float((box[2:] - box[:2]).max()), 1.0)
        shift = _REGION_PX / 2 - scale * centre
        transform = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float32)
        region = cv2.warpAffine(frame, transform, (_REGION_PX, _REGION_PX), flags=cv2.INTER_AREA)
        scores, middles = self._seen(np.asarray(region, np.uint8))
        near = np.abs(middles - _REGION_PX / 2).max(axis=1) < _REGION_PX * _FACE_SHARE / 2
        return float(scores[near].max(initial=0))

    def _seen(self, region: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The faces in a region, as OpenCV's FaceDetectorYN finds them: scores, float32 (F,), and middles in pixels,
        float32 (F, 2)."""
        found = self._session.run(_HEADS, {"input": cv2.dnn.blobFromImage(region)})
        face, thing, place = (np.concatenate(found[head : head + 3], axis=1)[0] for head in (0, 3, 6))
        scores = np.sqrt(np.clip(face[:, 0], 0, 1) * np.clip(thing[:, 0], 0, 1))
        sure = np.flatnonzero(scores >= _MIN_SCORE)
        scores, strides = scores[sure], self._strides[sure]
        middles, sides = (self._cells[sure] + place[sure, :2]) * strides, np.exp(place[sure, 2:]) * strides
        # A face beside the region's middle must not count as one in it, by those cells that see no more than its edge.
        best = cv2.dnn.NMSBoxes(np.hstack([middles - sides / 2, sides]).tolist(), scores.tolist(), _MIN_SCORE, _OVERLAP)
        kept = np.asarray(best, np.intp).ravel()
        return scores[kept], middles[kept]
