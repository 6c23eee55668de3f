"""The quality gate: which faces are good enough for an age estimate, and why the others are not.

The model's report card, under "What the quality gate goes by", shows the error beyond each limit. Small, blurred, dark
and half covered faces and sunglasses increase the error by years. Turned faces do not, as far as there were photos to
measure it: the limit is where these photos end. Nodding does not either, and has no limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.vision.crop import CROP_PX, EYE_TO_MOUTH
from edge.vision.eye_cover import eye_cover
from edge.vision.faces import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE
from edge.vision.proportions import breadth

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.settings.sections import QualitySettings
    from edge.vision.faces import Faces

_FACE = slice(int(0.34 * CROP_PX), int(0.86 * CROP_PX)), slice(int(0.26 * CROP_PX), int(0.74 * CROP_PX))
"""Rows and columns of an aligned crop that show skin, eyes and mouth, without hair and background."""

REASONS = ("small", "turned", "dark", "bright", "blurred", "distorted", "eyes-covered", "unconfirmed")


@dataclass(frozen=True, slots=True)
class Measures:
    """Quality measurements of one face.

    eye_distance_px: distance between the eyes, in frame pixels. turn: distance of the nose from the middle of the eyes,
    along the line through them, as a share of the eye-to-mouth distance (0 frontal, about 0.5 at 40 degrees of yaw).
    brightness: mean grey of the face, 0..255. sharpness: variance of the Laplacian of the aligned face at the scale of
    the frame's own pixels. breadth: of the face, by `edge.vision.proportions`: 1 natural, less in a squeezed picture.
    eye_cover: how much the eyes look covered, by `edge.vision.eye_cover`: about 0 or about 1.
    """

    eye_distance_px: float
    turn: float
    brightness: float
    sharpness: float
    breadth: float
    eye_cover: float


def measure(crop: NDArray[np.uint8], keypoints: NDArray[np.floating]) -> Measures:
    """Measure one face. crop: uint8 (224, 224, 3) RGB from `align`; keypoints: (4, 2) in frame pixels."""
    eye_distance_px = float(np.hypot(*(keypoints[LEFT_EYE] - keypoints[RIGHT_EYE])))
    grey = cv2.cvtColor(np.ascontiguousarray(crop[_FACE]), cv2.COLOR_RGB2GRAY)
    # The crop enlarges a small face, which would seem blurred: undo this before measuring edges.
    stretched = EYE_TO_MOUTH * CROP_PX / _eye_to_mouth_px(keypoints)
    if stretched > 1:
        height, width = (max(1, round(side / stretched)) for side in grey.shape)
        grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    brightness = float(grey.mean())
    sharpness = float(cv2.Laplacian(grey, cv2.CV_32F).var()) if min(grey.shape) > 2 else 0.0
    return Measures(eye_distance_px, turn(keypoints), brightness, sharpness, breadth(crop), eye_cover(crop))


def turn(keypoints: NDArray[np.floating]) -> float:
    """How far a head is turned to the side, as in `Measures`. keypoints: (4, 2)."""
    across = keypoints[LEFT_EYE] - keypoints[RIGHT_EYE]
    aside = abs(float((keypoints[NOSE] - keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)) @ across))
    return aside / max(float(np.hypot(*across)) * _eye_to_mouth_px(keypoints), 1e-3)


def _eye_to_mouth_px(keypoints: NDArray[np.floating]) -> float:
    return max(float(np.hypot(*(keypoints[MOUTH] - keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)))), 1e-3)


def judge(measures: Measures, confirmation: float, limits: QualitySettings) -> tuple[float, tuple[str, ...]]:
    """The quality, 0..1, and the reasons to reject the face. Quality is 0 exactly when there is a reason.

    confirmation: score of the second detector, 0..1.
    """
    failed = (
        measures.eye_distance_px < limits.min_eye_distance_px,
        measures.turn > limits.max_turn,
        measures.brightness < limits.min_brightness,
        measures.brightness > limits.max_brightness,
        measures.sharpness < limits.min_sharpness,
        not limits.min_breadth <= measures.breadth <= limits.max_breadth,
        not measures.eye_cover <= limits.max_eye_cover,
        not confirmation >= limits.min_confirmation,  # rejects NaN too
    )
    reasons = tuple(reason for reason, hit in zip(REASONS, failed, strict=True) if hit)
    if reasons:
        return 0.0, reasons
    frontal = 1 - measures.turn / (limits.max_turn + 1e-6) * 0.7
    large = min(1.0, 0.3 + measures.eye_distance_px / 60)
    sharp = min(1.0, 0.4 + measures.sharpness / (8 * max(limits.min_sharpness, 1e-6)))
    return float(np.clip(frontal * large * sharp, 0.01, 1)), ()


def all_distorted(faces: Faces) -> Faces:
    """The faces of a picture that is known to be squeezed: all that were judged are rejected."""
    return faces.with_(
        quality=np.where(np.isnan(faces.quality), np.float32(np.nan), np.float32(0)),
        reasons=tuple(
            why if np.isnan(quality) or "distorted" in why else (*why, "distorted")
            for quality, why in zip(faces.quality, faces.reasons, strict=True)
        ),
    )


def gate(faces: Faces, crops: NDArray[np.uint8], confirmations: NDArray[np.float32], limits: QualitySettings) -> Faces:
    """Fill in `quality`, `reasons` and `breadths`. crops: uint8 (N, 224, 224, 3) RGB from `align`; confirmations:
    float32 (N,)."""
    measured = [measure(crop, keypoints) for crop, keypoints in zip(crops, faces.keypoints, strict=True)]
    judged = [
        judge(measures, float(confirmation), limits)
        for measures, confirmation in zip(measured, confirmations, strict=True)
    ]
    return faces.with_(
        breadths=np.array([measures.breadth for measures in measured], np.float32),
        quality=np.array([quality for quality, _ in judged], np.float32),
        reasons=tuple(reasons for _, reasons in judged),
    )
