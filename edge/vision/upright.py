"""Finds out whether a picture is upright: whether its faces are surer as they are, or when the picture is turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.frames.geometry import turned
from edge.vision.crop import alignable

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from edge.vision.detectors import FaceDetector
    from edge.vision.detectors.confirmation import FaceConfirmation

TURNS = (180, 90, 270)
"""How a camera may hang, in degrees clockwise by which its picture must be turned; the most frequent one first."""


class UprightSearch:
    """Looks for faces in a picture as it is, and turned. Not thread-safe."""

    def __init__(self, detector: FaceDetector, confirmation: FaceConfirmation, min_confirmation: float) -> None:
        """min_confirmation: as in the settings. On 135 pictures of nine recordings an upright face had a confirmation
        of 0.90 or more; the same picture turned had less in each of them: up to 0.77 with mediapipe-full, up to 0.89
        with yunet, which finds faces that hang upside down."""
        self._detector, self._confirmation, self._least = detector, confirmation, min_confirmation

    def turn(self, pixels: NDArray[np.uint8], turns: Iterable[int] = TURNS) -> int | None:
        """By how many degrees clockwise a picture must be turned so that its faces are upright: 0 or one of `turns`.
        None when there is no face.

        pixels: uint8 (H, W, 3) BGR. turns: those that are tried besides 0; each costs one detection.
        """
        sure = {turn: self._sureness(turned(pixels, turn)) for turn in (0, *turns)}
        best = max(sure, key=lambda turn: sure[turn])
        return best if sure[best] >= self._least else None

    def _sureness(self, pixels: NDArray[np.uint8]) -> float:
        """The highest confirmation of any face in the picture, 0..1."""
        faces = self._detector.detect(pixels)
        faces = faces[alignable(faces.keypoints)]
        return float(self._confirmation.confirm(pixels, faces).max(initial=0.0))
