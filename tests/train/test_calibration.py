"""Temperature scaling."""

from __future__ import annotations

import numpy as np
import pytest

from edge.ages.calibration import calibrated
from train.calibration import fitted_temperature

YEARS = np.arange(101)


def gaussians(centres: np.ndarray, spread: float) -> np.ndarray:
    probs = np.exp(-0.5 * ((YEARS - centres[:, None]) / spread) ** 2)
    return (probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(("claimed", "true"), [(3, 6), (6, 6), (8, 6)])
def test_the_temperature_corrects_too_narrow_and_too_wide_distributions(claimed: float, true: float) -> None:
    random = np.random.default_rng(0)
    centres = random.uniform(30, 70, 3000)
    ages = np.round(centres + true * random.standard_normal(3000)).clip(0, 100)
    temperature = fitted_temperature(gaussians(centres, claimed), np.stack([ages, ages], axis=1).astype(np.float32))
    # The spread of a Gaussian grows with the square root of the temperature.
    assert claimed * np.sqrt(temperature) == pytest.approx(true, rel=0.06)


def test_photos_with_age_bands_count_too() -> None:
    random = np.random.default_rng(0)
    centres = random.uniform(30, 70, 3000)
    ages = (centres + 6 * random.standard_normal(3000)).clip(0, 99)
    bands = np.stack([ages // 10 * 10, ages // 10 * 10 + 9], axis=1).astype(np.float32)
    probs = gaussians(centres, 3)
    temperature = fitted_temperature(probs, bands)
    assert 3 * np.sqrt(temperature) == pytest.approx(6, rel=0.1)
    assert calibrated(probs, temperature).max() < probs.max()
