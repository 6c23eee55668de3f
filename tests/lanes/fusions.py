"""Ways to fuse the samples of one customer into one probability of being under the legal age."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge.decision.fusion import TrackAge, p_under

Fusion = Callable[[NDArray[np.float32], NDArray[np.float32], int], float]
"""From the samples' distributions (N, 101), their qualities (N,) and a legal age in years to a probability, 0..1."""


def linear_pool(age_probs: NDArray[np.float32], quality: NDArray[np.float32], legal_age: int) -> float:
    """The mean of the distributions, weighted by quality: what the lane does."""
    pooled = TrackAge()
    for probs, weight in zip(age_probs, quality, strict=True):
        pooled = pooled.add(probs, float(weight))
    return float(p_under(pooled.distribution, legal_age))


def logarithmic_pool(age_probs: NDArray[np.float32], quality: NDArray[np.float32], legal_age: int) -> float:
    """The geometric mean of the distributions, weighted by quality (Genest and Zidek 1986)."""
    logs = (np.log(np.maximum(age_probs, 1e-12)) * (quality / quality.sum())[:, None]).sum(axis=0)
    pooled = np.exp(logs - logs.max())
    return float(p_under(pooled / pooled.sum(), legal_age))


def median(age_probs: NDArray[np.float32], _: NDArray[np.float32], legal_age: int) -> float:
    """The median of the samples' probabilities: odd samples do not count."""
    return float(np.median(p_under(age_probs, legal_age)))


def highest(age_probs: NDArray[np.float32], _: NDArray[np.float32], legal_age: int) -> float:
    """The probability of the youngest sample."""
    return float(p_under(age_probs, legal_age).max())


def best_sample(age_probs: NDArray[np.float32], quality: NDArray[np.float32], legal_age: int) -> float:
    """The probability of the sample of the best quality."""
    return float(p_under(age_probs, legal_age)[int(quality.argmax())])


FUSIONS: dict[str, Fusion] = {
    "linear pool": linear_pool,
    "logarithmic pool": logarithmic_pool,
    "median": median,
    "highest": highest,
    "best sample alone": best_sample,
}
