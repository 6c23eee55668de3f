"""What the doctor measures in pictures."""

from __future__ import annotations

import numpy as np
import pytest

from edge.doctor.observation import grain
from tests.edge.doctor.builders import Pixels


def noisy(picture: Pixels, sigma: float, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape[:2])[..., None]
    return np.clip(np.round(picture + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("sigma", [3, 6, 12])
def test_grain_is_the_noise_of_one_picture_whatever_moves_in_a_third_of_it(sigma: float) -> None:
    scene = np.random.default_rng(0).integers(60, 190, (240, 320, 3)).astype(np.uint8)
    moved = scene.copy()
    moved[:80] = scene[40:120]
    measured = grain(noisy(scene, sigma, 1), noisy(moved, sigma, 2))
    assert sigma * 0.9 < measured < sigma * 2


def test_grain_of_a_still_picture_is_zero_and_of_two_sizes_too() -> None:
    scene = np.random.default_rng(0).integers(60, 190, (240, 320, 3)).astype(np.uint8)
    assert grain(scene, scene) == 0
    assert grain(scene, scene[:120]) == 0
