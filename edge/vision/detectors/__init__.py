"""The registry of face detectors, and the protocol that each of them implements.

To add a detector, write its class in a module of this folder, add a line to `DETECTORS`, and add its name to
`DetectorName` in edge/settings/sections.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from edge.settings.sections import DetectorName
    from edge.vision.faces import Faces

WEIGHTS = Path(__file__).parent.parent.parent / "models" / "detectors"
YUNET = WEIGHTS / "yunet_2026may.onnx"


class FaceDetector(Protocol):
    """Finds the faces in a picture.

    Constructed as `Detector(weights, min_score)`: the path of the weights, and the lowest score to return, 0..1. The
    constructor loads the network and may take a second. Not thread-safe: one thread at a time uses a detector, and each
    lane has its own.
    """

    def detect(self, frame: NDArray[np.uint8]) -> Faces:
        """The faces in one picture, best score first; empty `Faces` when there are none.

        frame: uint8 (H, W, 3) BGR, of any size, which may change from call to call; not modified. Fills in `boxes`,
        `keypoints` and `scores` (see `Faces`), float32, in pixels of `frame`; a box may reach beyond the picture. Keeps
        nothing from one call to the next. Should not raise: an exception stops the whole agent.
        """

    def close(self) -> None:
        """Release the network. `detect` must not be called afterwards."""


@dataclass(frozen=True)
class RegisteredDetector:
    """How to build a detector, and what to expect of it.

    implementation: "module:class", imported when first built, since its library may be missing on this box. weights:
    file in `WEIGHTS`. reach_m: distance up to which faces are found, in metres; None where it was not measured.
    blurs_with: the detector of the same library that finds most faces, which the setup page uses to blur them.
    """

    implementation: str
    weights: str
    reach_m: float | None
    blurs_with: DetectorName


DETECTORS: dict[DetectorName, RegisteredDetector] = {
    "mediapipe": RegisteredDetector(
        "edge.vision.detectors.blazeface:BlazeFaceDetector", "blazeface_short_range.tflite", 2, "mediapipe-full"
    ),
    # 2.5 times slower than the short range.
    "mediapipe-full": RegisteredDetector(
        "edge.vision.detectors.blazeface:BlazeFaceDetector", "blazeface_full_range_sparse.tflite", 5, "mediapipe-full"
    ),
    # OpenCV only, for boxes where mediapipe has no wheel.
    "yunet": RegisteredDetector("edge.vision.detectors.yunet:YuNetDetector", YUNET.name, None, "yunet"),
}

FASTEST: DetectorName = "mediapipe"

FOR_STILLS: tuple[DetectorName, ...] = ("mediapipe", "yunet", "mediapipe-full")
"""Detectors for still pictures: each is tried if those before it found no face."""


def make_detector(name: DetectorName, min_score: float = 0.5) -> FaceDetector:
    """Load the detector called `name`. min_score: lowest score to return, 0..1.

    Raises ImportError when the detector's library is not installed.
    """
    registered = DETECTORS[name]
    module, _, class_name = registered.implementation.partition(":")
    build: Callable[[Path, float], FaceDetector] = getattr(import_module(module), class_name)
    return build(WEIGHTS / registered.weights, min_score)
