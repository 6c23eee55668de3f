"""Age bands: where they begin, their names, and how likely each is. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from edge.vision.faces import AGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

UNKNOWN = "unknown"
"""The band of a customer whose age could not be estimated."""


def band_names(edges: Sequence[int]) -> tuple[str, ...]:
    """`0-17`, `18-24`, ..., `60+`. edges: ages at which the next band begins, in rising order."""
    inner = (name_between(low, high) for low, high in pairwise((0, *edges)))
    return (*inner, f"{edges[-1]}+")


def name_between(low: int, high: int) -> str:
    """Name of the band from `low` up to, but not including, `high`."""
    return str(low) if high == low + 1 else f"{low}-{high - 1}"


def band_probabilities(age_probs: NDArray[np.floating], edges: Sequence[int]) -> tuple[float, ...]:
    """Probability of each band, rounded to four decimals: more would say nothing about the age, and could tell people
    apart.

    age_probs: (101,), sums to 1.
    """
    starts = [0, *(edge for edge in edges if edge < AGES)]
    return tuple(round(float(share), 4) for share in np.add.reduceat(age_probs, starts))
