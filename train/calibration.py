"""Temperature scaling: fit the temperature at which a model's distributions are as wide as its errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.ages.calibration import calibrated
from edge.vision.faces import AGES
from train.targets import YEARS

_TEMPERATURES = np.exp(np.linspace(np.log(0.4), np.log(4), 61))


def fitted_temperature(age_probs: NDArray[np.float32], known: NDArray[np.float32]) -> float:
    """The temperature with the least negative log-likelihood of the known ages.

    age_probs: (N, 101) of photos that the model was not trained on. known: (N, 2) as in `Pictures.ages`. The likelihood
    of a photo is the probability of its year, or of its band.
    """
    losses = [_negative_log_likelihood(calibrated(age_probs, temperature), known) for temperature in _TEMPERATURES]
    return round(float(_TEMPERATURES[int(np.argmin(losses))]), 3)


def _negative_log_likelihood(age_probs: NDArray[np.float32], known: NDArray[np.float32]) -> float:
    youngest, oldest = np.minimum(known.T, AGES - 1)[..., None]
    inside = (np.floor(youngest) <= YEARS) & (np.ceil(oldest) >= YEARS)
    return float(-np.log(np.maximum((age_probs * inside).sum(axis=1), 1e-9)).mean())
