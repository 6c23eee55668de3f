"""Evidence for the limits of the quality gate: the model's error by each of the gate's measures."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.progress import ProgressBar
from edge.settings.sections import QualitySettings
from edge.vision.crop import align
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.faces import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE, Faces
from edge.vision.photos import read_photo
from edge.vision.quality import Measures, judge, measure
from train.card.facts import GateBin, GateEvidence
from train.card.impairments import (
    Impairment,
    behind_sunglasses,
    blurred,
    brighter,
    broader,
    covered,
    darker,
    smaller,
    thinner,
)
from train.card.measures import difference_interval, error, share
from train.evaluate import Predict
from train.pictures import Pictures
from train.targets import YEARS

_BIN_COUNT = 5
_GATE_BATCH = 32


class GateLimit(NamedTuple):
    """measure: name of what is limited. reason: the gate's name for faces that it rejects by this limit. setting: field
    of `QualitySettings`; faces above a `max_` and below a `min_` are rejected. impairment: how photos are degraded to
    show its effect; None uses the unchanged photos."""

    measure: str
    reason: str
    setting: str
    impairment: Impairment | None

    @property
    def value(self) -> float | None:
        """The default of the setting; None without one."""
        return getattr(QualitySettings(), self.setting) if self.setting else None

    @property
    def upper(self) -> bool:
        return self.setting.startswith("max_")


BREADTH_LIMITS = (
    GateLimit("breadth", "distorted", "min_breadth", thinner),
    GateLimit("breadth", "distorted", "max_breadth", broader),
)
# Heads cannot be turned afterwards. The gate has no limit for a nod.
GATE_LIMITS = (
    GateLimit("eye distance, px", "small", "min_eye_distance_px", smaller),
    GateLimit("turn", "turned", "max_turn", None),
    GateLimit("nod", "", "", None),
    GateLimit("brightness", "dark", "min_brightness", darker),
    GateLimit("brightness", "bright", "max_brightness", brighter),
    GateLimit("sharpness", "blurred", "min_sharpness", blurred),
    *BREADTH_LIMITS,
    GateLimit("eye cover", "eyes-covered", "max_eye_cover", behind_sunglasses),
    GateLimit("confirmation", "unconfirmed", "min_confirmation", covered),
)


class PhotoGate:
    """The lane's quality gate, for photos."""

    def __init__(self) -> None:
        self._confirmation = FaceConfirmation()

    def measure(
        self, picture: NDArray[np.uint8], keypoints: NDArray[np.float32]
    ) -> tuple[NDArray[np.uint8], Measures, float]:
        """The crop, its measures, and the confidence of the second detector.

        picture: uint8 (H, W, 3) BGR. keypoints: (4, 2). A margin is added, as when the face was found, because faces
        may fill the picture.
        """
        margin = max(picture.shape[:2]) // 4
        framed = np.asarray(cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT), np.uint8)
        points = (keypoints + margin).astype(np.float32)
        faces = Faces(_box(points)[None], points[None], np.ones(1, np.float32))
        crop = align(framed, points)
        return crop, measure(crop, points), float(self._confirmation.confirm(framed, faces)[0])


def gate_reasons(pictures: Pictures) -> list[tuple[str, ...]]:
    """Why the lane's quality gate rejects each face with its default settings; () for a face that passes."""
    gate, limits = PhotoGate(), QualitySettings()
    found: list[tuple[str, ...]] = []
    for row in ProgressBar(range(len(pictures)), "quality gate"):
        _, measures, confirmation = gate.measure(read_photo(pictures.paths[row]), pictures.keypoints[row])
        found.append(judge(measures, confirmation, limits)[1])
    return found


def passes_gate(pictures: Pictures) -> NDArray[np.bool_]:
    """bool (N,): which faces pass the lane's quality gate with its default settings."""
    return np.array([not reasons for reasons in gate_reasons(pictures)], bool)


def gate_evidence(
    predict: Predict, pictures: Pictures, limits: Sequence[GateLimit] = GATE_LIMITS
) -> tuple[GateEvidence, ...]:
    """For every limit of the gate, the error by the limited measure, on photos degraded in that respect."""
    unchanged = _measured(predict, pictures, None, "unchanged")
    found = []
    for each_limit in limits:
        name, reason, _, impairment = each_limit
        degraded = _measured(predict, pictures, impairment, reason) if impairment else unchanged
        others_pass = np.array([set(reasons) <= {reason} for reasons in degraded.reasons])
        limit, upper, values = each_limit.value, each_limit.upper, degraded.values[name]
        sides = [others_pass] if limit is None else [others_pass & (values < limit), others_pass & (values >= limit)]
        found.append(
            GateEvidence(
                measure=name,
                reason=reason,
                limit=limit,
                upper=upper,
                refused=share(_beyond(unchanged.values[name], limit, upper)),
                bins=tuple(
                    each
                    for side in sides
                    for each in _bins(values[side], degraded.ages[side], unchanged.ages[side], pictures.ages[side])
                ),
            )
        )
    return tuple(found)


@dataclasses.dataclass(frozen=True)
class _MeasuredPhotos:
    """values: measures by name, (N,). reasons: why the gate rejects each photo. ages: (N,) predicted years."""

    values: dict[str, NDArray[np.floating]]
    reasons: list[tuple[str, ...]]
    ages: NDArray[np.floating]


def _measured(predict: Predict, pictures: Pictures, impairment: Impairment | None, name: str) -> _MeasuredPhotos:
    gate, limits, random = PhotoGate(), QualitySettings(), np.random.default_rng(0)
    rows: list[dict[str, float]] = []
    reasons, ages = [], []
    for start in ProgressBar(range(0, len(pictures), _GATE_BATCH), f"gate: {name}"):
        crops = []
        for row in range(start, min(start + _GATE_BATCH, len(pictures))):
            picture, keypoints = read_photo(pictures.paths[row]), pictures.keypoints[row]
            if impairment:
                picture, keypoints = impairment(picture, keypoints, random)
            crop, measures, confirmation = gate.measure(picture, keypoints)
            crops.append(crop)
            rows.append(_values(measures, confirmation, keypoints))
            reasons.append(judge(measures, confirmation, limits)[1])
        ages.append(predict(np.stack(crops)) @ YEARS)
    values = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    return _MeasuredPhotos(values, reasons, np.concatenate(ages))


def _values(measures: Measures, confirmation: float, keypoints: NDArray[np.float32]) -> dict[str, float]:
    """The measures of a face by name. The nod is the position of the nose between the eyes (0) and the mouth (1)."""
    eyes = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
    down = keypoints[MOUTH] - eyes
    return {
        "eye distance, px": measures.eye_distance_px,
        "turn": measures.turn,
        "nod": float((keypoints[NOSE] - eyes) @ down / max(float(down @ down), 1e-6)),
        "brightness": measures.brightness,
        "sharpness": measures.sharpness,
        "breadth": measures.breadth,
        "eye cover": measures.eye_cover,
        "confirmation": confirmation,
    }


def _bins(
    values: NDArray[np.floating], ages: NDArray[np.floating], plain: NDArray[np.floating], known: NDArray[np.floating]
) -> list[GateBin]:
    """Bins with equal numbers of faces, from the smallest value to the largest. ages, plain: predicted on the degraded
    and on the unchanged photos."""
    found = []
    bins = np.array_split(np.argsort(values, kind="stable"), _BIN_COUNT)
    for rows in (rows for rows in bins if len(rows)):
        degraded, unchanged = error(ages[rows], known[rows]), error(plain[rows], known[rows])
        assert degraded
        assert unchanged
        low, high = (round(float(value), 3) for value in values[rows[[0, -1]]])
        worse = round(degraded.mean_error_years - unchanged.mean_error_years, 4)
        interval = difference_interval(ages[rows], plain[rows], known[rows])
        found.append(GateBin(low=low, high=high, error=degraded, worse=worse, worse_interval=interval))
    return found


def _beyond(values: NDArray[np.floating], limit: float | None, upper: bool) -> NDArray[np.bool_]:
    """bool (N,): which faces a limit rejects."""
    if limit is None:
        return np.zeros(len(values), bool)
    return np.asarray(values > limit if upper else values < limit)


def _box(keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    """The face's box, estimated from its keypoints: twice the eye-to-mouth distance, around the middle of the face."""
    eyes = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
    middle, half = (eyes + keypoints[MOUTH]) / 2, float(np.linalg.norm(keypoints[MOUTH] - eyes))
    return np.array([*(middle - half), *(middle + half)], np.float32)
