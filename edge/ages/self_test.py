"""Does a backend say on this box what the model said where it was made? Asked at every start, before it is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.errors import RunError
from edge.vision.crop import CROP_PX
from edge.vision.faces import AGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.ages import AgeModel

_PATCHES = (3, 3, 3, 4, 4, 6, 8, 8)
"""Colour patches across each pattern. Nobody's picture, and yet they read as anything between a child and an adult: a
backend that computes nonsense cannot be right by chance."""

TOLERANCE_YEARS = 1.0
"""Other kernels, other rounding: on the CPU half precision moves a pattern by hundredths of a year."""


def patterns() -> NDArray[np.uint8]:
    """uint8 (8, 224, 224, 3): smooth patches of colour, always the same."""
    random = np.random.default_rng(0)
    return np.stack([_pattern(random, patches) for patches in _PATCHES])


def mean_ages(model: AgeModel) -> tuple[float, ...]:
    """What a backend says of the patterns: years, rounded to hundredths."""
    return tuple(round(float(age), 2) for age in model.predict(patterns()) @ np.arange(AGES, dtype=np.float32))


def check(model: AgeModel, expected: Sequence[float]) -> None:
    """Raises RunError when a backend gives no distributions, or other ages than `expected`, what `mean_ages` was where
    the file was made. An empty `expected`, as in bundles of older releases, leaves only the first to be seen."""
    probs = model.predict(patterns())
    if not (np.isfinite(probs).all() and (probs >= 0).all() and np.allclose(probs.sum(axis=1), 1, atol=0.01)):
        raise RunError(f"{model.backend} gives no age distributions: its self-test failed")
    ages = probs @ np.arange(AGES, dtype=np.float32)
    if expected and (worst := float(np.abs(ages - np.asarray(expected)).max())) > TOLERANCE_YEARS:
        raise RunError(f"{model.backend} is {worst:.1f} years off what the model says elsewhere: its self-test failed")


def _pattern(random: np.random.Generator, patches: int) -> NDArray[np.uint8]:
    colours = random.integers(0, 256, (patches, patches, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(colours, (CROP_PX, CROP_PX), interpolation=cv2.INTER_CUBIC), np.uint8)
