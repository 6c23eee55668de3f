"""Calibrates age distributions by the temperature of the model's manifest. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def calibrated(age_probs: NDArray[np.floating], temperature: float) -> NDArray[np.float32]:
    """Temperature scaling (Guo et al. 2017, arXiv:1706.04599): widens distributions above 1, narrows them below.

    age_probs: (N, 101), rows sum to 1. Returns float32 (N, 101), rows sum to 1: p^(1/temperature), normalised, which
    is the softmax of the logits divided by the temperature. temperature: above 0; 1 changes nothing.
    """
    if temperature == 1:
        return np.asarray(age_probs, np.float32)
    logits = np.log(np.maximum(age_probs.astype(np.float64), 1e-12)) / temperature
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)
