"""What squeezed, night and wide-angle pictures do to predicted ages, and which of them the quality gate rejects."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.ages.calibration import calibrated
from edge.decision.fusion import mean_ages
from edge.decision.policy import Limit, asks
from edge.progress import ProgressBar
from edge.settings.sections import QualitySettings
from edge.vision.faces import AGES, LEFT_EYE, RIGHT_EYE
from edge.vision.photos import read_photo
from edge.vision.quality import judge
from edge.vision.stills import StillFaceFinder
from train.card.facts import SceneError, Scenes
from train.card.gate import BREADTH_LIMITS, PhotoGate, gate_evidence
from train.card.impairments import Impairment, eye_distance_px
from train.card.measures import difference_interval, error, share
from train.card.scenes import SCENES
from train.evaluate import Predict
from train.pictures import Pictures

_BATCH = 32
SCENE_PHOTOS = 300
"""Photos to measure the scenes on: enough to have all 13-17-year-olds among them."""


def scenes(predict: Predict, temperature: float, pictures: Pictures, photos: int, limit: Limit) -> Scenes:
    """The errors in every scene of `train.card.scenes`, on at most `photos` test photos, with all 13-17-year-olds among
    them, and the evidence for the limits on the breadth of faces. limit: at which minors pass."""
    sample = _sample(pictures, photos)
    plain = _scene(predict, temperature, sample, None, "as they are")
    found = tuple(
        _scene_error(
            name,
            plain if make is None else _scene(predict, temperature, sample, make, name),
            plain,
            sample,
            limit,
        )
        for name, make in SCENES.items()
    )
    return Scenes(
        photos=len(sample), max_p_under_18=limit.max_p_under_legal, errors=found,
        gate=gate_evidence(predict, sample, BREADTH_LIMITS),
    )  # fmt: skip


@dataclass(frozen=True)
class _Scene:
    """For N photos: age_probs (N, 101), NaN without a face; breadths (N,); reasons why the gate rejects each."""

    age_probs: NDArray[np.float64]
    breadths: NDArray[np.float64]
    reasons: list[tuple[str, ...]]

    @property
    def ages(self) -> NDArray[np.floating]:
        return mean_ages(self.age_probs)

    @property
    def passed_others(self) -> NDArray[np.bool_]:
        """bool (N,): a face was found, and no limit but that of its breadth rejects it."""
        others_pass = np.array([set(reasons) <= {"distorted"} for reasons in self.reasons])
        return np.asarray(np.isfinite(self.ages) & others_pass)

    @property
    def distorted(self) -> NDArray[np.bool_]:
        return np.array(["distorted" in reasons for reasons in self.reasons])


def _scene_error(name: str, scene: _Scene, plain: _Scene, pictures: Pictures, limit: Limit) -> SceneError:
    both = scene.passed_others & plain.passed_others
    teenagers = plain.passed_others & _are_teenagers(pictures)
    unasked = scene.passed_others & ~asks(scene.age_probs, limit)
    known = pictures.ages[both]
    changed, before = error(scene.ages[both], known), error(plain.ages[both], known)
    return SceneError(
        scene=name,
        error=changed,
        plain=before,
        worse_interval=difference_interval(scene.ages[both], plain.ages[both], known) if changed else None,
        rejected=share(~scene.passed_others[plain.passed_others]),
        breadth=round(float(np.exp(np.log(scene.breadths[scene.passed_others]).mean())), 3),
        distorted=share(scene.distorted[scene.passed_others]),
        passed_13_17=share(unasked[teenagers]),
        passed_13_17_not_distorted=share((unasked & ~scene.distorted)[teenagers]),
    )


def _scene(predict: Predict, temperature: float, pictures: Pictures, make: Impairment | None, name: str) -> _Scene:
    gate, limits, random = PhotoGate(), QualitySettings(), np.random.default_rng(0)
    age_probs = np.full((len(pictures), AGES), np.nan)
    breadths = np.full(len(pictures), np.nan)
    reasons: list[tuple[str, ...]] = [()] * len(pictures)
    with closing(StillFaceFinder()) as finder:
        for start in ProgressBar(range(0, len(pictures), _BATCH), name):
            rows, crops = [], []
            for row in range(start, min(start + _BATCH, len(pictures))):
                picture, keypoints = read_photo(pictures.paths[row]), pictures.keypoints[row]
                if make:
                    picture, expected = make(picture, keypoints, random)
                    keypoints = _found_again(finder, picture, expected)
                if keypoints is None:
                    continue
                crop, measures, confirmation = gate.measure(picture, keypoints)
                rows.append(row)
                crops.append(crop)
                breadths[row], reasons[row] = measures.breadth, judge(measures, confirmation, limits)[1]
            if rows:
                age_probs[rows] = calibrated(predict(np.stack(crops)), temperature)
    return _Scene(age_probs, breadths, reasons)


def _found_again(
    finder: StillFaceFinder, picture: NDArray[np.uint8], expected: NDArray[np.float32]
) -> NDArray[np.float32] | None:
    """The keypoints of the face nearest to the expected ones; None if there is none within an eye distance."""
    found = finder.find(picture).keypoints
    if not len(found):
        return None
    eyes = [RIGHT_EYE, LEFT_EYE]
    distances = np.linalg.norm(found[:, eyes].mean(axis=1) - expected[eyes].mean(axis=0), axis=1)
    nearest = int(np.argmin(distances))
    return found[nearest] if distances[nearest] < eye_distance_px(expected) else None


def _sample(pictures: Pictures, photos: int) -> Pictures:
    """At most `photos` of the pictures: all 13-17-year-olds, then others at random."""
    teenagers = _are_teenagers(pictures)
    order = np.random.default_rng(0).permutation(len(pictures))
    first = np.concatenate([order[teenagers[order]], order[~teenagers[order]]])
    return pictures[np.sort(first[:photos])]


def _are_teenagers(pictures: Pictures) -> NDArray[np.bool_]:
    """bool (N,): whose whole age range is within 13-17."""
    return np.asarray((pictures.ages[:, 0] >= 13) & (pictures.ages[:, 1] <= 17))
