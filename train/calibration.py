"""Finding the temperature with which a model's distributions are as wide as its errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.ages.calibration import calibrated
from edge.vision.faces import AGES
from train.targets import YEARS

_TEMPERATURES = np.exp(np.linspace(np.log(0.4), np.log(4), 61))


def fitted_temperature(age_probs: NDArray[np.float32], known: NDArray[np.float32]) -> float:
    """The temperature under which what is known was most probable (least negative log-likelihood).

    age_probs: (N, 101) of photos that the model has not learned from. known: (N, 2) as in `Pictures.ages`. Every
    photo counts: by the probability of its year, or of its band.
    """
    scores = [_surprise(calibrated(age_probs, temperature), known) for temperature in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(scores))]), 3)


def _surprise(age_probs: NDArray[np.float32], known: NDArray[np.float32]) -> float:
    youngest, oldest = np.minimum(known.T, AGES - 1)[..., None]
    inside = (np.floor(youngest) <= YEARS) & (np.ceil(oldest) >= YEARS)
    return float(-np.log(np.maximum((age_probs * inside).sum(axis=1), 1e-9)).mean())
