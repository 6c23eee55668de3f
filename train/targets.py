"""Soft labels: a person's known age as a distribution over the years 0..100."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edge.vision.faces import AGES

YEARS = np.arange(AGES, dtype=np.float32)

DECIDING_AGES = (16, 18, 21, 25)
"""Legal ages, and the age above which nobody under 18 should be predicted."""

SPREAD_YEARS = 2.0
"""Standard deviation of an exact age's soft label; published measurements favour 2 to 2.5 (Gao et al. 2017,
arXiv:1611.01731, used 2)."""


def soft_labels(ages: NDArray[np.float32]) -> NDArray[np.float32]:
    """float32 (N, 101) distributions for `Pictures.ages` (N, 2): a Gaussian around an exact age, flat over a band."""
    low, high = np.minimum(ages.T, AGES - 1)[..., None]
    # A band that contains no whole year counts as exact.
    low, high = np.where(np.ceil(low) > high, (low + high) / 2, (low, high))
    exact = _normalised(np.exp(-0.5 * ((YEARS - low) / SPREAD_YEARS) ** 2))
    band = _normalised(((low <= YEARS) & (high >= YEARS)).astype(np.float32))
    return np.where(low == high, exact, band).astype(np.float32)


def with_opinions(labels: Tensor, known: Tensor, opinions: Tensor, share: float) -> Tensor:
    """Soft labels (N, 101) of known ages (N, 2), with the teacher's opinions (N, 101) mixed in with weight `share`.

    For a band only their part inside the band is used, so that a wrong opinion costs little; opinions with at most 2 %
    inside it are ignored.
    """
    low, high = known.clamp(max=AGES - 1).unbind(dim=1)
    is_band = ((low < high) & (low.ceil() <= high))[:, None]
    inside = torch.where(is_band, opinions * (labels > 0), opinions)
    weight = inside.sum(dim=1, keepdim=True)
    mixed = (1 - share) * labels + share * inside / weight.clamp(min=1e-9)
    return torch.where(weight > 0.02, mixed, labels)


def deciding_loss(logits: Tensor, known: Tensor) -> Tensor:
    """Mean cross-entropy of the probability to be younger than each of `DECIDING_AGES`: a float32 scalar.

    logits: float32 (N, 101), of the years. known: float32 (N, 2), youngest and oldest. Where a band has the age inside
    it, nothing is certain and nothing counts; 0 if nothing counts.
    """
    youngest, oldest = known[:, :1], known[:, 1:]
    ages = torch.tensor(DECIDING_AGES, device=logits.device)
    younger, certain = oldest < ages, (oldest < ages) | (youngest >= ages)
    log_probs = logits.log_softmax(dim=1)
    below = torch.stack([log_probs[:, :age].logsumexp(dim=1) for age in DECIDING_AGES], dim=1)
    above = torch.stack([log_probs[:, age:].logsumexp(dim=1) for age in DECIDING_AGES], dim=1)
    return -(torch.where(younger, below, above) * certain).sum() / certain.sum().clamp(min=1)


def years_outside(mean_ages: Tensor, known: Tensor) -> Tensor:
    """float32 (N,): by how many years mean ages (N,) are outside the known range (N, 2), youngest and oldest."""
    youngest, oldest = known.unbind(dim=1)
    return torch.relu(youngest - mean_ages) + torch.relu(mean_ages - oldest)


def _normalised(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9), np.float32)
