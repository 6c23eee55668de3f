"""Fit the linear function that estimates whether the eyes are covered (`edge.vision.eye_cover`), on photos on which
sunglasses were drawn.

Only the photos are needed, not their ages, so sources with free terms are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RunError
from edge.progress import ProgressBar
from edge.vision.crop import CROP_PX, TEMPLATE
from edge.vision.eye_cover import COLOURS, colours_around_eyes
from train.batches import crops_of
from train.data import validation_part
from train.pictures import Pictures
from train.ridge import ridge, write_linear
from train.sunglasses import with_any_sunglasses

_WORN_SHARE = 0.6
"""Of the photos, that are used with sunglasses as well."""

_REALLY_WORN = 0.5
"""Photos that a first fit finds covered without a drawing are left out: most show people who wear sunglasses."""

_MIDDLE_OF_FACE = slice(int(0.55 * CROP_PX), int(0.63 * CROP_PX)), slice(int(0.3 * CROP_PX), int(0.7 * CROP_PX))
_DARKEST_SKIN = 30.0
_RIDGE = 300.0
_CROPS_AT_ONCE = 64
_FEWEST_PHOTOS = 20


@dataclass(frozen=True)
class EyeCoverFit:
    """weights: float32 (2376,). bias: float. The estimate is their linear function of the colours around the eyes.
    photos: how many were fitted on. plain, worn: estimates on the validation photos, unchanged and with sunglasses."""

    weights: NDArray[np.float32]
    bias: float
    photos: int
    plain: NDArray[np.float64]
    worn: NDArray[np.float64]


def fit_eye_cover(pictures: Pictures, photos: int) -> EyeCoverFit:
    """Fit on at most `photos` of the pictures, but not on validation photos, of which a tenth as many are measured.

    Raises RunError for fewer than 20 pictures to fit on, and without any to measure.
    """
    validation = validation_part(pictures)
    learned, measured = _some(pictures[~validation], photos), _some(pictures[validation], max(1, photos // 10))
    if len(learned) < _FEWEST_PHOTOS or not len(measured):
        raise RunError(
            f"{len(learned)} photos to fit on and {len(measured)} to measure: {_FEWEST_PHOTOS} and 1 are needed"
        )
    plain, worn = _colours(learned, _WORN_SHARE, "eyes")
    weights, bias = _scaled_ridge(plain, worn)
    weights, bias = _scaled_ridge(plain[plain @ weights + bias < _REALLY_WORN], worn)
    plain, worn = _colours(measured, 1, "validation")
    return EyeCoverFit(
        weights.astype(np.float32), bias, len(learned), plain=plain @ weights + bias, worn=worn @ weights + bias
    )


def write_eye_cover(fit: EyeCoverFit, file: Path) -> None:
    """Write the file that `edge.vision.eye_cover` loads."""
    write_linear(fit.weights, fit.bias, file)


def _some(pictures: Pictures, most: int) -> Pictures:
    if not len(pictures):
        return pictures
    return pictures[np.linspace(0, len(pictures) - 1, min(most, len(pictures))).astype(int)]


def _colours(pictures: Pictures, worn_share: float, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The colours around the eyes, float32 (N, 2376): of all faces, half of them mirrored, and of a share of them with
    sunglasses."""
    random = np.random.default_rng(0)
    plain, worn = [], []
    for start in ProgressBar(range(0, len(pictures), _CROPS_AT_ONCE), name):
        for aligned in crops_of(pictures[np.arange(start, min(start + _CROPS_AT_ONCE, len(pictures)))]):
            crop = np.ascontiguousarray(aligned[:, ::-1]) if random.random() < 0.5 else aligned
            plain.append(colours_around_eyes(crop))
            if random.random() < worn_share:
                light = max(float(np.median(crop[_MIDDLE_OF_FACE])), _DARKEST_SKIN)
                drawn = with_any_sunglasses(crop, TEMPLATE[:2] * CROP_PX, light, random)
                worn.append(colours_around_eyes(drawn))
    return np.reshape(plain, (-1, COLOURS)), np.reshape(worn, (-1, COLOURS))


def _scaled_ridge(plain: NDArray[np.float32], worn: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """Weights and bias of the ridge regression to 0 for plain faces and 1 for worn sunglasses; regularisation shrinks
    the estimates, so they are scaled until their means are 0 and 1."""
    wanted = np.repeat([0.0, 1.0], [len(plain), len(worn)])
    weights, _ = ridge(np.concatenate([plain, worn]), wanted, _RIDGE)
    none, all_ = (float((part @ weights).mean()) for part in (plain, worn))
    return weights / (all_ - none), -none / (all_ - none)
