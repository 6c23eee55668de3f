"""The self-test of a backend: does it estimate the same ages on this box as where the model was made?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.errors import RunError
from edge.language.words import words
from edge.vision.crop import CROP_PX
from edge.vision.faces import AGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.ages import AgeModel

_PATCHES = (3, 3, 3, 4, 4, 6, 8, 8)
"""Number of colour patches across each pattern. The patterns show nobody, but the estimates range from child to adult,
so that a backend that computes nonsense cannot pass by chance."""

TOLERANCE_YEARS = 1.0
"""Kernels round differently: on the CPU, half precision changes an estimate by hundredths of a year."""


def patterns() -> NDArray[np.uint8]:
    """uint8 (8, 224, 224, 3): smooth patches of colour. Deterministic."""
    random = np.random.default_rng(0)
    return np.stack([_pattern(random, patches) for patches in _PATCHES])


def mean_ages(model: AgeModel) -> tuple[float, ...]:
    """The ages that a backend estimates for the patterns, in years, rounded to hundredths."""
    return tuple(round(float(age), 2) for age in model.predict(patterns()) @ np.arange(AGES, dtype=np.float32))


def check(model: AgeModel, expected: Sequence[float]) -> None:
    """Run the self-test.

    expected: `mean_ages` where the file was made; when empty, as in bundles of older releases, ages are not compared.
    Raises RunError when the backend returns no distributions, or when an age differs by more than `TOLERANCE_YEARS`.
    """
    probs = model.predict(patterns())
    if not (np.isfinite(probs).all() and (probs >= 0).all() and np.allclose(probs.sum(axis=1), 1, atol=0.01)):
        raise RunError(words("{backend} returns no age distributions: its self-test failed", backend=model.backend))
    ages = probs @ np.arange(AGES, dtype=np.float32)
    if expected and (worst := float(np.abs(ages - np.asarray(expected)).max())) > TOLERANCE_YEARS:
        raise RunError(
            words(
                "{backend} is {worst:.1f} years off the ages in the manifest: its self-test failed",
                backend=model.backend,
                worst=worst,
            )
        )


def _pattern(random: np.random.Generator, patches: int) -> NDArray[np.uint8]:
    colours = random.integers(0, 256, (patches, patches, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(colours, (CROP_PX, CROP_PX), interpolation=cv2.INTER_CUBIC), np.uint8)
