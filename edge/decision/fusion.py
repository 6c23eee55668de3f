"""Many looks at one person fused into one age distribution. Pure: values and time in, values out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from edge.vision.faces import AGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_YEARS = np.arange(AGES)
INTERVAL = 0.90
"""Share of the probability that a stated interval of ages holds."""


@dataclass(frozen=True, slots=True)
class AgeEstimate:
    """mean: years. low, high: years, the stated 90 % interval. p_under_legal: probability of being under age."""

    mean: float
    low: float
    high: float
    p_under_legal: float


@dataclass(frozen=True, slots=True, eq=False)
class TrackAge:
    """What is known of one track's age.

    The looks are pooled linearly, weighted by quality (the linear opinion pool, Stone 1961): the fused distribution is
    never narrower than a typical look. Looks at one face share its make-up, its light and the model's own error, so
    multiplying them, as if they were independent, would state a certainty nobody has.
    """

    weighted: NDArray[np.float64] = field(default_factory=lambda: np.zeros(AGES))
    weight: float = 0.0
    looks: int = 0

    def add(self, age_probs: NDArray[np.floating], quality: float) -> TrackAge:
        """One more look. age_probs: (101,), sums to 1. quality: 0..1; a look of quality 0 is not counted."""
        if not quality > 0:
            return self
        weighted = self.weighted + quality * age_probs.astype(np.float64)
        return TrackAge(weighted, self.weight + quality, self.looks + 1)

    @property
    def distribution(self) -> NDArray[np.float64]:
        """float64 (101,), sums to 1. Raises ValueError when there was no look yet."""
        if not self.looks:
            raise ValueError("no look at this face yet: it has no age")
        return np.asarray(self.weighted / self.weighted.sum())

    def estimate(self, legal_age: int) -> AgeEstimate:
        """Mean, interval and the probability of being younger than `legal_age`. Raises as `distribution`."""
        probs = self.distribution
        cumulated = probs.cumsum()
        tail = (1 - INTERVAL) / 2
        return AgeEstimate(
            mean=float(probs @ _YEARS),
            low=float(np.searchsorted(cumulated, tail)),
            high=min(float(np.searchsorted(cumulated, 1 - tail)), AGES - 1.0),
            p_under_legal=float(min(cumulated[legal_age - 1], 1.0)),
        )
