"""Face detectors behind one protocol, and the chooser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.settings.sections import DetectorName
    from edge.vision.faces import Faces

WEIGHTS = Path(__file__).parent.parent.parent / "models" / "detectors"
YUNET = WEIGHTS / "yunet_2026may.onnx"


class FaceDetector(Protocol):
    """Finds the faces in a frame."""

    def detect(self, frame: NDArray[np.uint8]) -> Faces:
        """frame: uint8 (H, W, 3) BGR. Returns boxes, keypoints and scores in frame pixels, best score first."""

    def close(self) -> None:
        """Free what the backend holds; `detect` must not be called afterwards."""


def make_detector(name: DetectorName, min_score: float = 0.5) -> FaceDetector:
    """The detector called `name`.

    mediapipe: BlazeFace short range, for faces up to about 2 m away. mediapipe-full: BlazeFace full range, up to
    about 5 m, 2.5 times slower. yunet: OpenCV's YuNet, for boxes where mediapipe has no wheel.
    """
    if name == "yunet":
        from edge.vision.detectors.yunet import YuNetDetector

        return YuNetDetector(YUNET, min_score)
    from edge.vision.detectors.blazeface import BlazeFaceDetector

    weights = "blazeface_short_range" if name == "mediapipe" else "blazeface_full_range_sparse"
    return BlazeFaceDetector(WEIGHTS / f"{weights}.tflite", min_score)
