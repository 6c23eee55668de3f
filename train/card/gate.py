"""What the quality gate's measures say about the error: the evidence for where its limits are."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from edge.settings.sections import QualitySettings
from edge.vision.crop import align
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.faces import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE, Faces
from edge.vision.quality import Measures, judge, measure
from train.card.facts import GateBin, GateEvidence
from train.card.impaired import Impairment, blurred, brighter, covered, darker, smaller
from train.card.measures import error, share
from train.evaluate import Predict
from train.pictures import Pictures, read_photo
from train.targets import YEARS

_BINS = 5
_BATCH = 32

_SHOWN_BY: tuple[tuple[str, str, Impairment | None], ...] = (
    ("eye distance, px", "small", smaller),
    ("turn", "turned", None),
    ("nod", "", None),
    ("brightness", "dark", darker),
    ("brightness", "bright", brighter),
    ("sharpness", "blurred", blurred),
    ("confirmation", "unconfirmed", covered),
)
"""What is measured, what the gate calls a face that it refuses for it, and how photos are made worse to show why. Heads
cannot be turned afterwards: for that the photos are taken as they are. The gate has no limit for a nod."""


class PhotoGate:
    """The lane's quality gate, for photos."""

    def __init__(self) -> None:
        self._confirmation = FaceConfirmation()

    def look(
        self, picture: NDArray[np.uint8], keypoints: NDArray[np.float32]
    ) -> tuple[NDArray[np.uint8], Measures, float]:
        """The crop, the measures, and how sure the second detector is. picture: uint8 (H, W, 3) BGR; keypoints: (4, 2).

        Faces that fill the picture are looked at with a margin, as when they were found.
        """
        margin = max(picture.shape[:2]) // 4
        framed = np.asarray(cv2.copyMakeBorder(picture, margin, margin, margin, margin, cv2.BORDER_CONSTANT), np.uint8)
        points = (keypoints + margin).astype(np.float32)
        faces = Faces(_box(points)[None], points[None], np.ones(1, np.float32))
        crop = align(framed, points)
        return crop, measure(crop, points), float(self._confirmation.confirm(framed, faces)[0])


def let_through(pictures: Pictures) -> NDArray[np.bool_]:
    """bool (N,): which faces the lane's quality gate, at its default settings, would let through."""
    gate, limits = PhotoGate(), QualitySettings()
    passed = np.zeros(len(pictures), bool)
    for row in tqdm(range(len(pictures)), desc="quality gate", unit="picture", mininterval=1):
        _, measures, confirmation = gate.look(read_photo(pictures.paths[row]), pictures.keypoints[row])
        passed[row] = not judge(measures, confirmation, limits)[1]
    return passed


def evidence(predict: Predict, pictures: Pictures) -> tuple[GateEvidence, ...]:
    """For every limit of the gate, the error by what it limits, on photos that are made worse in just that way."""
    plain = _looked_at(predict, pictures, None, "as they are")
    found = []
    for name, reason, impairment in _SHOWN_BY:
        seen = _looked_at(predict, pictures, impairment, reason) if impairment else plain
        others_pass = np.array([set(one) <= {reason} for one in seen.reasons])
        limit = _limit(QualitySettings(), reason)
        sides = [others_pass] if limit is None else [others_pass & (seen.values[name] < limit),
                                                     others_pass & (seen.values[name] >= limit)]  # fmt: skip
        found.append(
            GateEvidence(
                measure=name,
                reason=reason,
                limit=limit,
                refused=share(np.array([reason in one for one in plain.reasons])),
                bins=tuple(
                    one for side in sides
                    for one in _bins(seen.values[name][side], seen.ages[side], plain.ages[side], pictures.ages[side])
                ),
            )
        )  # fmt: skip
    return tuple(found)


@dataclasses.dataclass(frozen=True)
class _Looked:
    """values: what was measured, by name, (N,); reasons: why the gate would refuse; ages: float (N,) years."""

    values: dict[str, NDArray[np.floating]]
    reasons: list[tuple[str, ...]]
    ages: NDArray[np.floating]


def _looked_at(predict: Predict, pictures: Pictures, impairment: Impairment | None, name: str) -> _Looked:
    gate, limits, random = PhotoGate(), QualitySettings(), np.random.default_rng(0)
    rows: list[dict[str, float]] = []
    reasons, ages = [], []
    for start in tqdm(range(0, len(pictures), _BATCH), desc=f"gate: {name}", unit="batch", mininterval=1):
        crops = []
        for row in range(start, min(start + _BATCH, len(pictures))):
            picture, keypoints = read_photo(pictures.paths[row]), pictures.keypoints[row]
            if impairment:
                picture, keypoints = impairment(picture, keypoints, random)
            crop, measures, confirmation = gate.look(picture, keypoints)
            crops.append(crop)
            rows.append(_named(measures, confirmation, keypoints))
            reasons.append(judge(measures, confirmation, limits)[1])
        ages.append(predict(np.stack(crops)) @ YEARS)
    values = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    return _Looked(values, reasons, np.concatenate(ages))


def _named(measures: Measures, confirmation: float, keypoints: NDArray[np.float32]) -> dict[str, float]:
    """What was measured of a face, and how far it nods: where the nose stands on the way from the eyes to the mouth."""
    eyes = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
    down = keypoints[MOUTH] - eyes
    return {
        "eye distance, px": measures.eye_distance_px,
        "turn": measures.turn,
        "nod": float((keypoints[NOSE] - eyes) @ down / max(float(down @ down), 1e-6)),
        "brightness": measures.brightness,
        "sharpness": measures.sharpness,
        "confirmation": confirmation,
    }


def _bins(
    values: NDArray[np.floating], ages: NDArray[np.floating], plain: NDArray[np.floating], known: NDArray[np.floating]
) -> list[GateBin]:
    """Equally many faces in each, from the least of what is measured to the most."""
    found = []
    bins = np.array_split(np.argsort(values, kind="stable"), _BINS)
    for rows in (rows for rows in bins if len(rows)):
        off, before = error(ages[rows], known[rows]), error(plain[rows], known[rows])
        assert off
        assert before
        low, high = (round(float(value), 3) for value in values[rows[[0, -1]]])
        worse = round(off.mean_error_years - before.mean_error_years, 4)
        found.append(GateBin(low=low, high=high, error=off, worse=worse))
    return found


def _limit(limits: QualitySettings, reason: str) -> float | None:
    """The setting behind a reason; None where there is none."""
    return {
        "small": limits.min_eye_distance_px,
        "turned": limits.max_turn,
        "dark": limits.min_brightness,
        "bright": limits.max_brightness,
        "blurred": limits.min_sharpness,
        "unconfirmed": limits.min_confirmation,
    }.get(reason)


def _box(keypoints: NDArray[np.float32]) -> NDArray[np.float32]:
    """The face's box, guessed from its keypoints: twice the eye-to-mouth distance, around the middle of the face."""
    eyes = keypoints[[RIGHT_EYE, LEFT_EYE]].mean(axis=0)
    middle, half = (eyes + keypoints[MOUTH]) / 2, float(np.linalg.norm(keypoints[MOUTH] - eyes))
    return np.array([*(middle - half), *(middle + half)], np.float32)
