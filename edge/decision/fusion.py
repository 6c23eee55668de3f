"""Fuses the samples of one person into one age distribution. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from edge.vision.faces import AGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_YEARS = np.arange(AGES, dtype=np.float32)
INTERVAL = 0.90
"""Probability that the age lies in the stated interval."""


def mean_ages(age_probs: NDArray[np.floating]) -> NDArray[np.floating]:
    """float (...): the mean of every distribution (..., 101), in years."""
    return np.asarray(age_probs @ _YEARS)


def p_under(age_probs: NDArray[np.floating], legal_age: int) -> NDArray[np.floating]:
    """float (...), 0..1: the probability of being younger than `legal_age` years, of every distribution (..., 101)."""
    return np.asarray(age_probs[..., :legal_age].sum(axis=-1)).clip(max=1)


@dataclass(frozen=True, slots=True)
class AgeEstimate:
    """mean: years. low, high: years, the 90 % interval. p_under_legal: probability of being under the legal age."""

    mean: float
    low: float
    high: float
    p_under_legal: float


@dataclass(frozen=True, slots=True, eq=False)
class TrackAge:
    """The age of one track: its samples, pooled.

    weighted: (101,), sum of the samples' distributions, each times its quality. weight: sum of qualities. samples:
    their number.

    Samples are pooled linearly, weighted by quality (the linear opinion pool, Stone 1961): the fused distribution is
    never narrower than a typical sample. Samples of one face share its make-up, its light and the model's own error, so
    multiplying them, as if they were independent, would claim a certainty that nobody has.
    """

    weighted: NDArray[np.float64] = field(default_factory=lambda: np.zeros(AGES))
    weight: float = 0.0
    samples: int = 0

    def add(self, age_probs: NDArray[np.floating], quality: float) -> TrackAge:
        """Add a sample. age_probs: (101,), sums to 1. quality: 0..1; a sample of quality 0 is ignored."""
        if not quality > 0:
            return self
        weighted = self.weighted + quality * age_probs.astype(np.float64)
        return TrackAge(weighted, self.weight + quality, self.samples + 1)

    @property
    def distribution(self) -> NDArray[np.float64]:
        """float64 (101,), sums to 1. Raises ValueError when there are no samples."""
        if not self.samples:
            raise ValueError("this face has no age: it has not been sampled yet")
        return np.asarray(self.weighted / self.weighted.sum())

    def estimate(self, legal_age: int) -> AgeEstimate:
        """Mean, interval, and the probability of being younger than `legal_age` years. Raises as `distribution`."""
        probs = self.distribution
        cumulated = probs.cumsum()
        tail = (1 - INTERVAL) / 2
        return AgeEstimate(
            mean=float(mean_ages(probs)),
            low=float(np.searchsorted(cumulated, tail)),
            high=min(float(np.searchsorted(cumulated, 1 - tail)), AGES - 1.0),
            p_under_legal=float(p_under(probs, legal_age)),
        )
